import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { tsImport } from 'tsx/esm/api';
import { endLeftovers, markRun } from './leftovers.mjs';

/**
 * Runs test/host inside the extension host of a real VS Code:
 *
 *   node scripts/host-tests.mjs [--vscode oldest|current|both] [test files]   server and Chromium
 *   BELAY_DESKTOP=1 node scripts/host-tests.mjs                  desktop VS Code, downloaded by @vscode/test-electron
 *   BELAY_VSCODE_EXECUTABLE=<file> node scripts/host-tests.mjs   desktop VS Code that is there already
 */
const repository = fileURLToPath(new URL('..', import.meta.url));
const entry = path.join(repository, 'out', 'host', 'index.js');
/**
 * For so long, in milliseconds, nothing may be heard of the tests in an editor: then they hang in a way that mocha's own limit
 * for each test does not end. There is no limit on the sum.
 */
const silenceLimitMs = 15 * 60_000;

const { values, positionals } = parseArgs({
  options: { vscode: { type: 'string', default: 'both' } },
  allowPositionals: true,
});
const chosen = values.vscode === 'both' ? ['oldest', 'current'] : [values.vscode];
const executable = process.env.BELAY_VSCODE_EXECUTABLE || undefined;
const desktop = executable !== undefined || process.env.BELAY_DESKTOP === '1';

/** What the version of the editor does not decide: what the command line and Belay do beside it. */
const onCurrentOnly = ['concurrent.test.ts'];

await bundle();
markRun();
const { Workspace } = await tsImport('../test/support/workspace.ts', import.meta.url);
const { EditorServer } = await tsImport('../test/support/editorServer.ts', import.meta.url);
const { builtIn } = await tsImport('../test/support/editors.ts', import.meta.url);

// Both versions at the same time, each with all that it says in one piece.
const passed = await Promise.all(
  (desktop ? ['desktop'] : chosen).map(async (which) => {
    const started = performance.now();
    const lines = [];
    const isRight = await oneRun(which, (line) => lines.push(line));
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    lines.push(`${isRight ? 'passed' : 'FAILED'} after ${seconds} s`);
    console.log(`\nExtension host tests, VS Code: ${which}\n${lines.join('\n')}`);
    return isRight;
  }),
);
const left = await endLeftovers();
for (const line of left) {
  console.log(`Left behind, and ended now: ${line}`);
}
// Not by the end of the event loop, which a stuck timer or handle could keep from coming.
process.exit(passed.every(Boolean) && left.length === 0 ? 0 : 1);

async function oneRun(which, say) {
  const workspace = Workspace.create();
  let passed = false;
  try {
    passed = (await (desktop ? inDesktop(workspace) : inServer(which, workspace, say))) === 0;
  } catch (error) {
    say(error.message);
  } finally {
    workspace.remove();
  }
  return passed;
}

async function bundle() {
  const made = spawnSync(process.execPath, ['esbuild.mjs'], { cwd: repository, stdio: 'inherit' });
  if (made.status !== 0) {
    console.log('The extension does not build.');
    process.exit(1);
  }
  rmSync(path.dirname(entry), { recursive: true, force: true });
  await build({
    absWorkingDir: repository,
    entryPoints: ['test/host/**/*.ts'],
    outdir: path.dirname(entry),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
}

function hostEnvironment(workspace, which) {
  const files =
    positionals.length > 0 || which !== 'oldest' || values.vscode === 'oldest'
      ? positionals
      : readdirSync(path.join(repository, 'test', 'host'))
          .filter((name) => name.endsWith('.test.ts') && !onCurrentOnly.includes(name))
          .map((name) => `test/host/${name}`);
  return { BELAY_HOST_REPO: workspace.folder, BELAY_HOST_FILES: files.join(path.delimiter) };
}

async function inServer(which, workspace, say) {
  const log = path.join(repository, 'artifacts', `host-tests-${which}.log`);
  mkdirSync(path.dirname(log), { recursive: true });
  writeFileSync(log, '');
  const prefix = 'belay-host| ';
  const env = { ...hostEnvironment(workspace, which), BELAY_HOST_PREFIX: prefix };
  const server = await EditorServer.start({ which, extension: 'development', env, builtIn });
  const print = (text) => {
    appendFileSync(log, `${text}\n`);
    for (const line of text.split('\n').filter((one) => one.startsWith(prefix))) {
      say(line.slice(prefix.length));
    }
  };
  try {
    const code = await server.runTests(workspace.folder, entry, print, silenceLimitMs);
    if (code !== 0) {
      say(`All that the editor printed is in ${path.relative(repository, log)}`);
    }
    return code;
  } finally {
    appendFileSync(log, `\nThe server:\n${server.output()}`);
    await server.stop();
  }
}

async function inDesktop(workspace) {
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    throw new Error(
      'Desktop VS Code needs a display. Run this under `xvfb-run -a`, or without BELAY_DESKTOP.',
    );
  }
  const data = mkdtempSync(path.join(tmpdir(), 'belay-vscode-'));
  try {
    return await runTests({
      ...(executable === undefined ? {} : { vscodeExecutablePath: executable }),
      extensionDevelopmentPath: repository,
      extensionTestsPath: entry,
      extensionTestsEnv: hostEnvironment(workspace),
      launchArgs: [
        workspace.folder,
        '--disable-workspace-trust',
        '--disable-telemetry',
        '--skip-welcome',
        `--user-data-dir=${path.join(data, 'user')}`,
        `--extensions-dir=${path.join(data, 'extensions')}`,
      ],
    });
  } finally {
    rmSync(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
