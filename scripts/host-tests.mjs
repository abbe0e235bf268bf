import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
 *   node scripts/host-tests.mjs [--vscode oldest|current|both]   server and Chromium
 *   BELAY_DESKTOP=1 node scripts/host-tests.mjs                  desktop VS Code, downloaded by @vscode/test-electron
 *   BELAY_VSCODE_EXECUTABLE=<file> node scripts/host-tests.mjs   desktop VS Code that is there already
 */
const repository = fileURLToPath(new URL('..', import.meta.url));
const entry = path.join(repository, 'out', 'host', 'index.js');
const hardLimit = 5 * 60_000;

const { values } = parseArgs({ options: { vscode: { type: 'string', default: 'both' } } });
const chosen = values.vscode === 'both' ? ['oldest', 'current'] : [values.vscode];
const executable = process.env.BELAY_VSCODE_EXECUTABLE || undefined;
const desktop = executable !== undefined || process.env.BELAY_DESKTOP === '1';

await bundle();
markRun();
const { Workspace } = await tsImport('../test/support/workspace.ts', import.meta.url);
const { EditorServer } = await tsImport('../test/support/editorServer.ts', import.meta.url);

let failed = false;
for (const which of desktop ? ['desktop'] : chosen) {
  console.log(`\nExtension host tests, VS Code: ${which}`);
  const started = performance.now();
  const passed = await oneRun(which);
  failed ||= !passed;
  console.log(`${passed ? 'passed' : 'FAILED'} after ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
// Not by the end of the event loop, which a stuck timer or handle could keep from coming.
process.exit(failed ? 1 : 0);

async function oneRun(which) {
  const workspace = Workspace.create();
  let passed = false;
  try {
    passed = (await (desktop ? inDesktop(workspace) : inServer(which, workspace))) === 0;
  } catch (error) {
    console.log(error.message);
  } finally {
    workspace.remove();
  }
  const left = await endLeftovers();
  for (const line of left) {
    console.log(`Left behind, and ended now: ${line}`);
  }
  return passed && left.length === 0;
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

function hostEnvironment(workspace) {
  return { BELAY_HOST_REPO: workspace.folder };
}

async function inServer(which, workspace) {
  const log = path.join(repository, 'artifacts', `host-tests-${which}.log`);
  mkdirSync(path.dirname(log), { recursive: true });
  writeFileSync(log, '');
  const prefix = 'belay-host| ';
  const env = { ...hostEnvironment(workspace), BELAY_HOST_PREFIX: prefix };
  const server = await EditorServer.start({ which, extension: 'development', env });
  const print = (text) => {
    appendFileSync(log, `${text}\n`);
    for (const line of text.split('\n').filter((one) => one.startsWith(prefix))) {
      console.log(line.slice(prefix.length));
    }
  };
  try {
    const code = await server.runTests(workspace.folder, entry, print, hardLimit);
    if (code !== 0) {
      console.log(`All that the editor printed is in ${path.relative(repository, log)}`);
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
  const limit = setTimeout(() => {
    console.log(`The tests in desktop VS Code did not end within ${hardLimit / 1000} s.`);
    // The editor is a child of this process and ends with its standard streams.
    process.exit(1);
  }, hardLimit);
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
    clearTimeout(limit);
    rmSync(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
