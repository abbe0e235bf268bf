import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from './browser.mjs';
import { endLeftovers, markRun } from './leftovers.mjs';
import { vscodeServer } from './vscode-server.mjs';

/**
 * Runs test/e2e against the real editor in Chromium, with the built extension installed in it:
 *
 *   node scripts/e2e.mjs [--vscode oldest|current|both] [--grep <text>] [test files]
 */
const repository = fileURLToPath(new URL('..', import.meta.url));
const hardLimit = 15 * 60_000;

const { values, positionals } = parseArgs({
  options: { vscode: { type: 'string', default: 'both' }, grep: { type: 'string' } },
  allowPositionals: true,
});
const chosen = values.vscode === 'both' ? ['oldest', 'current'] : [values.vscode];
const files = positionals.length > 0 ? positionals : ['test/e2e/**/*.test.ts'];
const grep = values.grep === undefined ? [] : ['--grep', values.grep];

const made = spawnSync(process.execPath, ['esbuild.mjs'], { cwd: repository, stdio: 'inherit' });
if (made.status !== 0) {
  console.log('The extension does not build.');
  process.exit(1);
}
// Here, so that no test waits for an installation.
process.env.BELAY_CHROMIUM = await chromium();
for (const which of chosen) {
  await vscodeServer(which);
}
markRun();

let failed = false;
for (const which of chosen) {
  console.log(`\nEnd-to-end tests, VS Code: ${which}`);
  const started = performance.now();
  const code = await mocha(which);
  const left = await endLeftovers();
  for (const line of left) {
    console.log(`Left behind, and ended now: ${line}`);
  }
  const passed = code === 0 && left.length === 0;
  failed ||= !passed;
  console.log(`${passed ? 'passed' : 'FAILED'} after ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
process.exitCode = failed ? 1 : 0;

async function mocha(which) {
  const args = ['--timeout', '120000', '--exit', ...grep, ...files];
  const child = spawn(process.execPath, ['--import', 'tsx', 'node_modules/mocha/bin/mocha.js', ...args], {
    cwd: repository,
    stdio: 'inherit',
    env: { ...process.env, BELAY_TEST_VSCODE: which, BELAY_TEST_OF: process.env.BELAY_TEST_RUN },
  });
  const limit = setTimeout(() => {
    console.log(`The end-to-end tests did not end within ${hardLimit / 1000} s.`);
    child.kill('SIGKILL');
  }, hardLimit);
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(limit);
  return code;
}
