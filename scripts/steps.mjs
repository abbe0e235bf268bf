import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('..', import.meta.url));

/** Folders of test/ that need more than git and a temporary folder, or hold no tests; the others are the core. */
const special = new Set(['support', 'bench', 'stress', 'host', 'e2e', 'package', 'realAgents']);

/** The folders whose tests need no more than git and a temporary folder. */
export const coreFolders = readdirSync(path.join(repository, 'test')).filter((name) => !special.has(name));

/** For so long, in milliseconds, one test may take; a file may say otherwise for its own. */
const testLimitMs = { core: 5 * 60_000, stress: 15 * 60_000, package: 180_000 };

/**
 * What is kept from run to run lies in an ignored folder. The linter's goes by the file alone, and misses what a type that
 * changed in another file makes wrong in it; a fresh clone has nothing kept, and checks everything.
 */
const kept = (name) => path.join('.cache', 'checks', name);

const tool = (file, ...args) => [process.execPath, path.join('node_modules', file), ...args];
const script = (file, ...args) => [process.execPath, path.join('scripts', file), ...args];

/** The command that runs these test files, or patterns, in Node. */
export function mocha(timeoutMs, ...args) {
  const reporter = ['--reporter', path.join('test', 'support', 'reporter.cjs')];
  const program = path.join('node_modules', 'mocha', 'bin', 'mocha.js');
  return [process.execPath, '--import', 'tsx', program, '--timeout', String(timeoutMs), ...reporter, ...args];
}

const versionArgs = ({ vscode }) => (vscode === undefined ? [] : ['--vscode', vscode]);
const allIn = (folder) => `test/${folder}/**/*.test.ts`;
const or = (files, all) => (files.length > 0 ? files : all);

/**
 * The steps of `npm test` in their order. `commands` gives what a step runs for a request `{ files, vscode }`: one command
 * after the other until one fails, or side by side where the step says so. A step that has `tests` fails if none was run;
 * one that says `built` runs the programs in dist/.
 */
export const steps = [
  {
    name: 'static',
    sideBySide: true,
    commands: () => [
      tool('typescript/bin/tsc', '--noEmit', '--incremental', '--tsBuildInfoFile', kept('types.json')),
      tool(
        'eslint/bin/eslint.js',
        '--cache',
        '--cache-strategy',
        'content',
        '--cache-location',
        kept('lint.json'),
        '.',
      ),
      tool(
        'prettier/bin/prettier.cjs',
        ...['--check', '--log-level', 'warn', '--cache', '--cache-strategy', 'content'],
        ...['--cache-location', kept('format.json'), '.'],
      ),
      script('contributions.mjs', '--check'),
      [process.execPath, '--import', 'tsx', path.join('scripts', 'l10n.mjs'), '--check'],
    ],
  },
  { name: 'build', commands: () => [[process.execPath, 'esbuild.mjs']] },
  {
    name: 'core',
    tests: true,
    built: true,
    commands: ({ files }) => [
      mocha(testLimitMs.core, '--parallel', '--jobs', '2', ...or(files, coreFolders.map(allIn))),
    ],
  },
  {
    name: 'stress',
    tests: true,
    built: true,
    commands: ({ files }) => [mocha(testLimitMs.stress, ...or(files, [allIn('stress')]))],
  },
  {
    name: 'agents',
    tests: true,
    built: true,
    commands: ({ files }) => [script('agent-tests.mjs', '--small', ...files)],
  },
  {
    name: 'host',
    tests: true,
    commands: (request) => [script('host-tests.mjs', ...versionArgs(request), ...request.files)],
  },
  {
    name: 'e2e',
    tests: true,
    commands: (request) => [script('e2e.mjs', ...versionArgs(request), ...request.files)],
  },
  {
    name: 'package',
    tests: true,
    commands: () => [
      ['npm', 'run', '--silent', 'package'],
      mocha(testLimitMs.package, '--exit', allIn('package')),
    ],
  },
];
