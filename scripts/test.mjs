import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { npm, setup } from './setup.mjs';

/**
 * Runs everything that must hold, step by step, also after a step that failed:
 *
 *   npm test                          all steps
 *   npm test -- --only core,stress    some of them
 */
const repository = fileURLToPath(new URL('..', import.meta.url));

/** Folders of test/ that need more than git and a temporary folder, or hold no tests; the others are the core. */
const special = new Set(['support', 'bench', 'stress', 'host', 'e2e', 'package', 'realAgents']);
const folders = readdirSync(path.join(repository, 'test'));
const core = folders.filter((name) => !special.has(name)).map((name) => `test/${name}/**/*.test.ts`);

const tool = (file) => [process.execPath, path.join('node_modules', file)];
const script = (file) => [process.execPath, path.join('scripts', file)];
const mocha = (timeout, ...files) => [
  ...[process.execPath, '--import', 'tsx', path.join('node_modules', 'mocha', 'bin', 'mocha.js')],
  ...['--timeout', String(timeout), ...files],
];
// What src/ui does shows in a real editor, where no coverage is taken.
const covered = (command) => [
  ...tool('c8/bin/c8.js'),
  ...['--src', 'src', '--all', '--include', 'src/**/*.ts', '--exclude', 'src/ui/**'],
  ...['--exclude', 'src/extension.ts', '--exclude-after-remap', '--temp-directory', 'coverage/raw'],
  ...['--reporter', 'text', '--reporter', 'lcovonly', '--reports-dir', 'coverage', ...command],
];

/** `limit` is how long a step may take, in minutes: nothing may hang. `commands` run until one fails. */
const steps = [
  { name: 'types', limit: 5, commands: [[...tool('typescript/bin/tsc'), '--noEmit']] },
  {
    name: 'lint',
    limit: 8,
    commands: [
      [...tool('eslint/bin/eslint.js'), '.'],
      [...tool('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'],
    ],
  },
  { name: 'build', limit: 3, commands: [[process.execPath, 'esbuild.mjs']] },
  {
    name: 'core',
    limit: 16,
    // In a minified command line, coverage could not be told apart by line.
    commands: [
      [process.execPath, 'esbuild.mjs', '--dev'],
      covered(mocha(60_000, '--parallel', '--jobs', '2', ...core)),
    ],
  },
  {
    name: 'stress',
    limit: 25,
    commands: [[process.execPath, 'esbuild.mjs'], mocha(15 * 60_000, 'test/stress/**/*.test.ts')],
  },
  {
    name: 'agents',
    limit: 10,
    commands: [
      [process.execPath, 'esbuild.mjs'],
      [...script('agent-tests.mjs'), '--small'],
    ],
  },
  { name: 'host', limit: 15, commands: [script('host-tests.mjs')] },
  { name: 'e2e', limit: 31, commands: [script('e2e.mjs')] },
  {
    name: 'package',
    limit: 10,
    commands: [
      ['npm', 'run', '--silent', 'package'],
      ...(folders.includes('package') ? [mocha(180_000, '--exit', 'test/package/**/*.test.ts')] : []),
    ],
  },
];

const chosen = choose();
const running = { child: undefined };
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    endGroup('SIGKILL');
    process.exit(130);
  });
}

const started = performance.now();
try {
  setup();
} catch (error) {
  console.log(error.message);
  console.log('0 passed, 1 failed');
  process.exit(1);
}
const results = [];
for (const step of chosen) {
  results.push(await runStep(step));
}
summary();

function choose() {
  try {
    const { values } = parseArgs({ options: { only: { type: 'string' } } });
    const names = values.only?.split(',') ?? steps.map(({ name }) => name);
    const unknown = names.filter((name) => !steps.some((step) => step.name === name));
    if (unknown.length > 0) {
      throw new Error(`No such step: ${unknown.join(', ')}.`);
    }
    return steps.filter(({ name }) => names.includes(name));
  } catch (error) {
    const names = steps.map(({ name }) => name).join(',');
    process.stderr.write(`${error.message}\nUsage: npm test [-- --only ${names}]\n`);
    process.exit(2);
  }
}

async function runStep({ name, limit, commands }) {
  console.log(`\n=== ${name} ===`);
  const began = performance.now();
  const deadline = Date.now() + limit * 60_000;
  const counts = { passed: 0, failed: 0 };
  let ok = true;
  if (name === 'core') {
    rmSync(path.join(repository, 'coverage'), { recursive: true, force: true });
    mkdirSync(path.join(repository, 'coverage'), { recursive: true });
  }
  for (const command of commands) {
    ok &&= await runCommand(command, deadline, counts);
  }
  // A step that failed in another way than by a test counts as one failure.
  counts.failed += ok || counts.failed > 0 ? 0 : 1;
  const seconds = (performance.now() - began) / 1000;
  console.log(`--- ${name}: ${ok ? 'passed' : 'FAILED'} in ${seconds.toFixed(1)} s`);
  return { name, ok: ok && counts.failed === 0, seconds, ...counts };
}

/** Runs a program with its output shown, and adds up what mocha says in it. */
async function runCommand([program, ...args], deadline, counts) {
  const viaNpm = program === 'npm' ? npm(args) : { command: program, args, shell: false };
  const child = spawn(viaNpm.command, viaNpm.args, {
    cwd: repository,
    shell: viaNpm.shell,
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own, so that all of it can be ended.
    detached: process.platform !== 'win32',
  });
  running.child = child;
  let rest = '';
  child.stdout.on('data', (chunk) => {
    process.stdout.write(chunk);
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const match = /^\s*(\d+) (passing \(.*\)|failing)\s*$/.exec(stripVTControlCharacters(line));
      if (match !== null) {
        counts[match[2] === 'failing' ? 'failed' : 'passed'] += Number(match[1]);
      }
    }
  });
  const timer = setTimeout(
    () => {
      console.log('\nThis step takes too long; it is ended.');
      endGroup('SIGKILL');
      child.stdout.destroy();
    },
    Math.max(1_000, deadline - Date.now()),
  );
  try {
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return code === 0;
  } catch (error) {
    console.log(error.message);
    return false;
  } finally {
    clearTimeout(timer);
    running.child = undefined;
  }
}

function endGroup(signal) {
  const { child } = running;
  if (child?.pid === undefined) {
    return;
  }
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') {
      throw error;
    }
  }
}

function summary() {
  const total = (what) => results.reduce((sum, result) => sum + result[what], 0);
  const failedSteps = results.filter(({ ok }) => !ok);
  const rows = [
    ['step', '', 'tests passed', 'failed', 'seconds'],
    ...results.map(({ name, ok, passed, failed, seconds }) => [
      name,
      ok ? 'passed' : 'FAILED',
      String(passed),
      String(failed),
      seconds.toFixed(1),
    ]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  console.log('\n=== summary ===');
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
    );
    console.log(cells.join('  '));
  }
  console.log(`${((performance.now() - started) / 60_000).toFixed(1)} minutes in all`);
  process.exitCode = failedSteps.length > 0 ? 1 : 0;
  console.log(`${total('passed')} passed, ${total('failed')} failed`);
}
