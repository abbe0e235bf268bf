import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { setup } from './setup.mjs';

/**
 * What the core's tests run of src/, by line: `npm run coverage`. The report is in coverage/. A command of its own, since every
 * process below inherits the counting, which makes hooks and the command line half as slow again.
 */
setup();
const { coreFolders, mocha, repository } = await import('./steps.mjs');

const tests = mocha(
  60_000,
  '--parallel',
  '--jobs',
  '2',
  ...coreFolders.map((name) => `test/${name}/**/*.test.ts`),
);
const commands = [
  // Minified programs could not be told apart by line.
  [process.execPath, 'esbuild.mjs', '--dev'],
  [
    ...[process.execPath, path.join('node_modules', 'c8', 'bin', 'c8.js'), '--src', 'src', '--all'],
    // What src/ui does shows in a real editor, where no coverage is taken.
    ...['--include', 'src/**/*.ts', '--exclude', 'src/ui/**', '--exclude', 'src/extension.ts'],
    ...['--exclude-after-remap', '--temp-directory', 'coverage/raw', '--reports-dir', 'coverage'],
    ...['--reporter', 'text', '--reporter', 'lcovonly', ...tests],
  ],
];
for (const [program, ...args] of commands) {
  const { status } = spawnSync(program, args, { cwd: repository, stdio: 'inherit' });
  if (status !== 0) {
    process.exit(status ?? 1);
  }
}
