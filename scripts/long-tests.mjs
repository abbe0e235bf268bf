import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { childCpuSeconds } from './cpu.mjs';

/**
 * Runs at full length what `npm test` runs a part of (test/support/size.ts), each piece to its end, which takes hours:
 *
 *   npm run test:long                                all pieces
 *   npm run test:long -- --only fanout,kills         some of them
 *   BELAY_TEST_SEED=7 npm run test:long -- ...       with the choices of an earlier run
 */
const repository = fileURLToPath(new URL('..', import.meta.url));

/** Each is a run of mocha. */
const pieces = {
  fanout: ['test/stress/fanout.test.ts'],
  kills: ['test/stress/kill.test.ts'],
  hookKills: ['test/cli/hookHarms.test.ts', '--grep', 'killed by any signal'],
  payloads: ['test/agents/fuzz.test.ts'],
  sweep: ['test/sync/faults.test.ts', 'test/sync/table.test.ts'],
  histories: ['test/sync/random.test.ts'],
  concurrency: ['test/stress/concurrency.test.ts', 'test/stress/unprotected.test.ts'],
  leases: ['test/stress/leases.test.ts', 'test/stress/lock.test.ts'],
  twice: ['test/cli/hookTwice.test.ts'],
  edits: ['test/core/sameSecond.test.ts'],
  values: ['test/core/units/*.test.ts', 'test/core/leases/record.test.ts'],
};

const seed = process.env.BELAY_TEST_SEED ?? String(randomInt(2 ** 31));
console.log(`BELAY_TEST_SEED=${seed}`);
const rows = [];
for (const name of chosen()) {
  console.log(`\n=== ${name} ===`);
  rows.push(await run(name));
}
summary();

function chosen() {
  const all = Object.keys(pieces);
  try {
    const { values } = parseArgs({ options: { only: { type: 'string' } } });
    const names = values.only?.split(',') ?? all;
    const unknown = names.filter((name) => !all.includes(name));
    if (unknown.length > 0) {
      throw new Error(`No such piece: ${unknown.join(', ')}.`);
    }
    return names;
  } catch (error) {
    process.stderr.write(`${error.message}\nUsage: npm run test:long [-- --only ${all.join(',')}]\n`);
    process.exit(2);
  }
}

async function run(name) {
  const report = mkdtempSync(path.join(tmpdir(), 'belay-report-'));
  const [began, cpuBefore] = [performance.now(), childCpuSeconds()];
  const mocha = path.join('node_modules', 'mocha', 'bin', 'mocha.js');
  const reporter = path.join('test', 'support', 'reporter.cjs');
  const args = ['--import', 'tsx', mocha, '--reporter', reporter, '--timeout', '0', ...pieces[name]];
  const child = spawn(process.execPath, args, {
    cwd: repository,
    stdio: 'inherit',
    env: { ...process.env, BELAY_TEST_SIZE: 'long', BELAY_TEST_SEED: seed, BELAY_TEST_REPORT: report },
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const tests = readdirSync(report).flatMap((file) =>
    JSON.parse(readFileSync(path.join(report, file), 'utf8')),
  );
  rmSync(report, { recursive: true });
  const count = (state) => tests.filter((test) => test.state === state).length;
  const cpu = cpuBefore === undefined ? undefined : childCpuSeconds() - cpuBefore;
  return {
    name,
    code,
    passed: count('passed'),
    failed: count('failed'),
    wall: (performance.now() - began) / 1000,
    cpu,
  };
}

function summary() {
  const cells = [
    ['piece', '', 'passed', 'failed', 'wall s', 'CPU s'],
    ...rows.map(({ name, code, passed, failed, wall, cpu }) => [
      ...[name, code === 0 ? 'passed' : 'FAILED', String(passed), String(failed)],
      ...[wall.toFixed(0), cpu?.toFixed(0) ?? '?'],
    ]),
  ];
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  console.log(`\nBELAY_TEST_SEED=${seed}`);
  for (const row of cells) {
    console.log(
      row.map((cell, at) => (at < 2 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join('  '),
    );
  }
  process.exitCode = rows.every(({ code }) => code === 0) ? 0 : 1;
}
