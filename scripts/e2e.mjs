import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs, stripVTControlCharacters } from 'node:util';
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
const all = readdirSync(path.join(repository, 'test', 'e2e')).filter((name) => name.endsWith('.test.ts'));
/**
 * What the oldest version draws in ways of its own: views, dialogs, keys, a page, trust. All else that differs between versions
 * is in the tests inside the extension host, which both versions run whole.
 */
const alsoOnOldest = ['journey', 'keyboard', 'review', 'smoke', 'trust'].map((name) => `${name}.test.ts`);
const filesFor = (which) =>
  positionals.length > 0
    ? positionals
    : all
        .filter((name) => which === 'current' || values.vscode === which || alsoOnOldest.includes(name))
        .map((name) => `test/e2e/${name}`);
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
const unsteady = [];
for (const which of chosen) {
  console.log(`\nEnd-to-end tests, VS Code: ${which}`);
  const started = performance.now();
  const passed = await allOf(which, started + hardLimit);
  const left = await endLeftovers();
  for (const line of left) {
    console.log(`Left behind, and ended now: ${line}`);
  }
  failed ||= !passed || left.length > 0;
  console.log(
    `${passed && left.length === 0 ? 'passed' : 'FAILED'} after ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
}
for (const line of unsteady) {
  console.log(`Failed the first time, and passed the second: ${line}`);
}
process.exitCode = failed ? 1 : 0;

/**
 * Every file by itself. One that fails is run once more, and named at the end: on a busy machine the browser is now and then
 * slower than a person would wait, and a file is one long story whose later parts fail with an earlier one.
 */
async function allOf(which, deadline) {
  let passed = true;
  for (const file of filesFor(which)) {
    const first = await mocha(which, file, deadline, true);
    if (first !== 0 && (await mocha(which, file, deadline, false)) !== 0) {
      passed = false;
    } else if (first !== 0) {
      unsteady.push(`${file} (${which})`);
    }
  }
  return passed;
}

/** @param again Whether it is tried again when it fails: its counts are not those of the result then. */
async function mocha(which, file, deadline, again) {
  const args = ['--timeout', '120000', '--exit', ...grep, file];
  const child = spawn(process.execPath, ['--import', 'tsx', 'node_modules/mocha/bin/mocha.js', ...args], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, BELAY_TEST_VSCODE: which, BELAY_TEST_OF: process.env.BELAY_TEST_RUN },
  });
  const counts = [];
  const output = createInterface({ input: child.stdout });
  output.on('line', (line) => {
    if (/^\s*\d+ (?:passing \(.*\)|failing|pending)\s*$/.test(stripVTControlCharacters(line))) {
      counts.push(line);
    } else {
      console.log(line);
    }
  });
  const limit = setTimeout(
    () => {
      console.log(`The end-to-end tests did not end within ${hardLimit / 1000} s.`);
      child.kill('SIGKILL');
    },
    Math.max(1_000, deadline - performance.now()),
  );
  const [code] = await Promise.all([
    new Promise((resolve) => child.once('close', resolve)),
    new Promise((resolve) => output.once('close', resolve)),
  ]);
  clearTimeout(limit);
  for (const line of counts) {
    console.log(code !== 0 && again ? `${line}, the first time; once more:` : line);
  }
  return code;
}
