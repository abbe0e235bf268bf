import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { runStep } from './run-step.mjs';
import { mocha } from './steps.mjs';
import { printSummary } from './summary.mjs';

/**
 * Runs at full length what `npm test` runs a part of (test/support/size.ts), each piece to its end, which takes hours:
 *
 *   npm run test:long                                all pieces
 *   npm run test:long -- --only fanout,kills         some of them
 *   BELAY_TEST_SEED=7 npm run test:long -- ...       with the choices of an earlier run
 */
const pieces = {
  fanout: ['test/stress/fanout.test.ts'],
  kills: ['test/stress/kill.test.ts'],
  hookKills: ['test/cli/hookHarms.test.ts', '--grep', 'killed by any signal'],
  payloads: ['test/agents/fuzz.test.ts'],
  sweep: [
    'test/sync/exact.test.ts',
    'test/sync/faults.test.ts',
    'test/sync/table.test.ts',
    'test/sync/whose.test.ts',
  ],
  histories: ['test/sync/random.test.ts'],
  concurrency: ['test/stress/concurrency.test.ts', 'test/stress/unprotected.test.ts'],
  hostile: ['test/restore/hostile/*.test.ts'],
  leases: ['test/stress/leases.test.ts', 'test/stress/lock.test.ts'],
  twice: ['test/cli/hookTwice.test.ts'],
  edits: ['test/core/sameSecond.test.ts'],
  staged: ['test/restore/staged/*.test.ts'],
  steps: [
    'test/core/failures.test.ts',
    'test/core/keptState.test.ts',
    'test/core/leases/heartbeat.test.ts',
    'test/fanout/together.test.ts',
    'test/cli/ownFolder.test.ts',
  ],
  doctor: ['test/doctor/*.test.ts', 'test/core/questions.test.ts'],
  references: ['test/refs/foreign.test.ts', 'test/refs/cleared.test.ts'],
  values: ['test/core/units/*.test.ts', 'test/core/leases/record.test.ts'],
};

const names = chosen();
process.env.BELAY_TEST_SIZE = 'long';
process.env.BELAY_TEST_SEED ??= String(randomInt(2 ** 31));
console.log(`BELAY_TEST_SEED=${process.env.BELAY_TEST_SEED}`);
const started = performance.now();
const results = [];
for (const name of names) {
  const step = { name, tests: true, long: true, commands: () => [mocha(0, ...pieces[name])] };
  results.push(await runStep(step, { files: [] }));
}
const again = ({ name }) =>
  `BELAY_TEST_SEED=${process.env.BELAY_TEST_SEED} npm run test:long -- --only ${name}`;
process.exitCode = printSummary(results, (performance.now() - started) / 60_000, again) ? 0 : 1;

function chosen() {
  const all = Object.keys(pieces);
  try {
    const { values } = parseArgs({ options: { only: { type: 'string' } } });
    const wanted = values.only?.split(',') ?? all;
    const unknown = wanted.filter((name) => !all.includes(name));
    if (unknown.length > 0) {
      throw new Error(`No such piece: ${unknown.join(', ')}. Nothing was run.`);
    }
    return wanted;
  } catch (error) {
    process.stderr.write(`${error.message}\nUsage: npm run test:long [-- --only ${all.join(',')}]\n`);
    return process.exit(2);
  }
}
