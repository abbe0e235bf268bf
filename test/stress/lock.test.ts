import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { signalTo } from '../support/processes';
import { sized } from '../support/size';
import { buildPrograms, Worker, type Programs } from '../support/workers';

const takers = 16;
const rounds = sized({ short: 10, long: 200 });

describe('the lock, left behind by a process that is gone', function () {
  this.timeout(sized({ short: 15 * 60_000, long: 0 }));
  let programs: Programs;
  let folder: string;

  before(() => {
    programs = buildPrograms();
    folder = fs.mkdtempSync(path.join(tmpdir(), 'belay-locks-'));
  });

  after(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });

  interface Race {
    /** Turns in which somebody else was inside as well. */
    readonly twoInside: number;
    readonly alone: number;
    readonly gaveUp: number;
    readonly roundsWithTwo: number;
  }

  /** In each round, 16 processes meet one lock that was left behind. */
  async function race(locks: readonly string[]): Promise<Race> {
    const workers = Array.from({ length: takers }, () =>
      Worker.start(programs, ['race'], { cwd: folder, limit: 300_000 }),
    );
    const result = { twoInside: 0, alone: 0, gaveUp: 0, roundsWithTwo: 0 };
    for (const lock of locks) {
      const saw = await Promise.all(workers.map((worker) => worker.order(lock)));
      const two = saw.filter((line) => line === 'two inside').length;
      result.twoInside += two;
      result.alone += saw.filter((line) => line === 'alone').length;
      result.gaveUp += saw.filter((line) => line === 'gave up').length;
      result.roundsWithTwo += two > 0 ? 1 : 0;
    }
    await Promise.all(workers.map((worker) => worker.stop()));
    return result;
  }

  it(`is never granted to two of ${takers} processes that race for it`, async () => {
    const locks = Array.from({ length: rounds }, (_, round) => path.join(folder, `identity-${round}`));
    const dead = Worker.start(programs, ['hold', ...locks], { cwd: folder });
    assert.equal(await dead.line(), 'held');
    signalTo(dead.running.pid, 'SIGKILL');
    await dead.running.ended;
    for (const lock of locks) {
      assert.ok(fs.existsSync(lock), 'the lock was left behind');
    }
    const seen = await race(locks);
    console.log(
      `      two inside in ${seen.roundsWithTwo} of ${rounds} rounds (${seen.twoInside} of ${rounds * takers} turns)`,
    );
    assert.deepEqual(seen, { twoInside: 0, alone: rounds * takers, gaveUp: 0, roundsWithTwo: 0 });
  });

  it('is granted to two by proper-lockfile as it comes (which is why the owner is in the lock)', async () => {
    const lock = path.join(folder, 'plain');
    // What a process leaves behind that held it with proper-lockfile alone.
    fs.mkdirSync(lock);
    const long = new Date(Date.now() - 60_000);
    fs.utimesSync(lock, long, long);
    const both = [1, 2].map(() => Worker.start(programs, ['stale', lock], { cwd: folder, limit: 300_000 }));
    const found = await Promise.all(both.map((worker) => worker.line()));
    const held: string[] = [];
    for (const worker of both) {
      held.push(await worker.order('go on'));
    }
    for (const worker of both) {
      signalTo(worker.running.pid, 'SIGKILL');
      await worker.running.ended;
    }
    assert.deepEqual(
      { found, held },
      {
        found: ['found it stale', 'found it stale'],
        held: ['holds it', 'holds it'],
      },
    );
  });
});
