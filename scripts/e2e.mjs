import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from './browser.mjs';
import { TestWorker } from './e2e-worker.mjs';
import { endLeftovers, markRun } from './leftovers.mjs';
import { vscodeServer } from './vscode-server.mjs';

/**
 * Runs test/e2e against the real editor in Chromium, with the built extension installed in it:
 *
 *   node scripts/e2e.mjs [--vscode oldest|current|both] [--grep <text>] [--workers <n>] [test files]
 *
 * Two processes take one file after the other, the longest first; what a file prints is shown when it has ended.
 */
const repository = fileURLToPath(new URL('..', import.meta.url));

const { values, positionals } = parseArgs({
  options: {
    vscode: { type: 'string', default: 'both' },
    grep: { type: 'string' },
    workers: { type: 'string', default: '2' },
  },
  allowPositionals: true,
});
const chosen = values.vscode === 'both' ? ['current', 'oldest'] : [values.vscode];
const all = readdirSync(path.join(repository, 'test', 'e2e')).filter((name) => name.endsWith('.test.ts'));
/**
 * What the oldest version draws in ways of its own: views, dialogs, keys, a page, trust. All else that differs between versions
 * is in the tests inside the extension host, which both versions run whole.
 */
const alsoOnOldest = ['journey', 'keyboard', 'quiet', 'review', 'smoke', 'trust'].map(
  (name) => `${name}.test.ts`,
);
const filesFor = (which) =>
  positionals.length > 0
    ? positionals
    : all
        .filter((name) => which === 'current' || values.vscode === which || alsoOnOldest.includes(name))
        .map((name) => `test/e2e/${name}`);

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

const size = (file) => statSync(path.resolve(repository, file)).size;
const queues = chosen.map((which) => ({
  which,
  files: filesFor(which).toSorted((one, other) => size(other) - size(one)),
}));
const unsteady = [];
const started = performance.now();
const failed = (
  await Promise.all(Array.from({ length: Math.max(1, Number(values.workers)) }, () => work()))
).flat();
const left = await endLeftovers();
for (const line of left) {
  console.log(`Left behind, and ended now: ${line}`);
}
for (const line of unsteady) {
  console.log(`Failed the first time, and passed the second: ${line}`);
}
for (const line of failed) {
  console.log(`Failed: ${line}`);
}
const passed = failed.length === 0 && left.length === 0;
console.log(`${passed ? 'passed' : 'FAILED'} after ${((performance.now() - started) / 1000).toFixed(1)} s`);
process.exitCode = passed ? 0 : 1;

/** Takes files as long as there are some. A process is for one version of the editor. @returns the files that failed. */
async function work() {
  const failures = [];
  for (const { which, files } of queues) {
    let worker;
    for (let file = files.shift(); file !== undefined; file = files.shift()) {
      worker ??= new TestWorker(which);
      const began = performance.now();
      const { output, ok } = await worker.run(file, values.grep);
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(`\n${file}, VS Code: ${which}, ${seconds} s\n${output}`);
      if (!ok) {
        await worker.end();
        worker = new TestWorker(which);
        console.log(`${file}, VS Code: ${which}: failed, and is run once more, in an editor of its own`);
        const second = await worker.run(file, values.grep);
        console.log(second.output);
        (second.ok ? unsteady : failures).push(`${file}, VS Code: ${which}`);
      }
      if (worker.isOver) {
        worker = undefined;
      }
    }
    await worker?.end();
  }
  return failures;
}
