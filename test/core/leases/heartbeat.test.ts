import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { claimLease, releaseLease, renewLease } from '../../../src/leases/claim';
import { heartbeatAge, recordHeartbeat } from '../../../src/leases/heartbeat';
import { whileHolding } from '../../../src/leases/hold';
import type { Resource } from '../../../src/leases/lease';
import { readLease } from '../../../src/leases/read';
import { leaseRef } from '../../../src/leases/resource';
import { listSessions } from '../../../src/sessions/sessions';
import { claim, place, refused, session } from '../../support/leases';
import { inRepo, referencesAsFiles, testHome, type TestRepo } from '../../support/repo';
import { sized } from '../../support/size';
import { buildPrograms, type Programs } from '../../support/workers';

const own = session('s1');
const here: Resource = { kind: 'worktree', name: 'main' };
/** Longer than a holder looks away. */
const nextBeat = 6_000;

function beatOf(repo: TestRepo, name: string): string {
  return path.join(repo.commonDir, 'belay', 'heartbeats', name);
}

/** As if the last sign of life were so much older. */
function age(repo: TestRepo, name: string, by: number): void {
  const file = beatOf(repo, name);
  const beat = v.parse(
    v.object({ host: v.string(), uptime: v.number() }),
    JSON.parse(fs.readFileSync(file, 'utf8')),
  );
  fs.writeFileSync(file, JSON.stringify({ ...beat, uptime: beat.uptime - by }));
}

describe('heartbeat and lease are two things', () => {
  it(
    'without a sign of life a session is silent, holds its lease, and writes',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const { token } = await claim(repo, own, 'one');
      const stateOf = async (): Promise<string | undefined> =>
        (await listSessions(worktree)).find(({ id }) => id === 's1')?.liveness.state;
      assert.equal(await stateOf(), 'alive');
      age(repo, 'session-s1', 60 * 60_000);
      assert.equal(await stateOf(), 'silent');
      fs.rmSync(beatOf(repo, 'session-s1'));
      assert.equal(await stateOf(), 'silent');
      const [listed] = await listSessions(worktree);
      assert.equal(listed?.live, true, 'it may still be writing');
      await refused(claim(repo, own, 'two'), 'lease_held');
      repo.write('work.txt', 'silent\n');
      assert.equal((await repo.checkpoint({ session: 's1', leases: [token] })).checkpoint.step, 1);
      assert.equal(await stateOf(), 'alive', 'a checkpoint is a sign of life');
      age(repo, 'session-s1', 60 * 60_000);
      await renewLease(worktree, own, token);
      assert.equal(await stateOf(), 'alive');
    }),
  );

  const spoilt: readonly (readonly [string, (repo: TestRepo) => void])[] = [
    [
      'the folder of heartbeats is a file',
      (repo) => {
        place(repo, 'belay/heartbeats', '');
      },
    ],
    [
      'the heartbeat is a folder',
      (repo) => {
        fs.mkdirSync(beatOf(repo, 'session-s1'), { recursive: true });
      },
    ],
    [
      'the heartbeat is none',
      (repo) => {
        place(repo, 'belay/heartbeats/session-s1', '{"host":1');
      },
    ],
  ];
  for (const [what, spoil] of spoilt) {
    it(
      `claims, checkpoints and lists all the same when ${what}`,
      inRepo(async (repo) => {
        const worktree = await repo.worktree();
        spoil(repo);
        const { token } = await claim(repo, own, 'one');
        await renewLease(worktree, own, token);
        repo.write('work.txt', 'work\n');
        assert.equal((await repo.checkpoint({ session: 's1', leases: [token] })).created, true);
        assert.equal((await listSessions(worktree))[0]?.live, true);
        const given = await releaseLease(worktree, own, token, { status: 'released' });
        assert.equal((await readLease(worktree, own))?.token, given.token);
        assert.equal((await listSessions(worktree))[0]?.liveness.state, 'ended');
        // And goes on without a lease: its files are still somebody's.
        repo.write('work.txt', 'more work\n');
        await repo.checkpoint({ session: 's1' });
        assert.equal((await listSessions(worktree))[0]?.live, true);
      }),
    );
  }

  it(
    'an age is never told from another machine’s heartbeat, nor from one before this machine’s last start',
    inRepo(async (repo) => {
      const { repository } = await repo.worktree();
      await recordHeartbeat(repository, own);
      assert.ok(((await heartbeatAge(repository, own)) ?? -1) >= 0);
      age(repo, 'session-s1', -60 * 60_000);
      assert.equal(await heartbeatAge(repository, own), undefined);
      fs.writeFileSync(beatOf(repo, 'session-s1'), JSON.stringify({ host: 'elsewhere', uptime: 1 }));
      assert.equal(await heartbeatAge(repository, own), undefined);
    }),
  );

  it(
    'work under a lease beats until the lease is lost, and hears of that by itself; not of a failure',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const ref = path.join(repo.commonDir, leaseRef(here));
      const beat = beatOf(repo, 'worktree-main');
      const bytes = (): string => fs.readFileSync(beat, 'utf8');
      await whileHolding(worktree, here, { claim: { owner: 'one' } }, async (held) => {
        const first = bytes();
        await sleep(nextBeat);
        assert.notEqual(bytes(), first, 'it beats');
        const content = fs.readFileSync(ref);
        fs.writeFileSync(ref, 'garbage');
        await sleep(nextBeat);
        assert.equal(held.signal.aborted, false, 'what cannot be read is not lost');
        fs.writeFileSync(ref, content);
        await claimLease(await repo.open(), here, { owner: 'two', takeOver: true });
        const last = bytes();
        await sleep(nextBeat);
        assert.equal(held.signal.aborted, true);
        assert.equal(bytes(), last, 'it beats no more');
        await refused(held.check(), 'lease_lost');
      });
    }, referencesAsFiles),
  );

  it(
    'work under a lease that is given to it notices at the first look that it was lost before',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const { token } = await claim(repo, here, 'one');
      await claim(repo, here, 'two', { takeOver: true });
      await whileHolding(worktree, here, { claim: { owner: 'one' }, token }, async (held) => {
        await refused(held.check(), 'lease_lost');
        assert.equal(held.signal.aborted, true);
      });
      assert.equal((await readLease(worktree, here))?.owner, 'two');
    }),
  );

  it(
    'what the work has come to counts, also when the lease cannot be given up',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const ref = path.join(repo.commonDir, leaseRef(here));
      const work = (): Promise<string> => {
        fs.writeFileSync(ref, 'garbage');
        return Promise.resolve('done');
      };
      assert.equal(await whileHolding(worktree, here, { claim: { owner: 'one' } }, work), 'done');
      fs.rmSync(ref);
      const failing = async (): Promise<string> => {
        await work();
        throw new Error('the work failed');
      };
      await assert.rejects(
        whileHolding(worktree, here, { claim: { owner: 'one' } }, failing),
        /the work failed/,
      );
    }, referencesAsFiles),
  );
});

describe('clocks that step by an hour', () => {
  const clock = path.join(testHome, 'clock.cjs');
  let programs: Programs;

  before(() => {
    programs = buildPrograms();
    fs.writeFileSync(
      clock,
      `const Real = Date;
      const shift = Number(process.env.CLOCK_SHIFT) * 3_600_000;
      globalThis.Date = class Date extends Real {
        constructor(...args) { if (args.length === 0) { super(Real.now() + shift); } else { super(...args); } }
        static now() { return Real.now() + shift; }
      };`,
    );
  });

  /** Runs the command line by a clock that is so many hours ahead. */
  function belay(repo: TestRepo, hours: number, ...args: string[]): { code: number | null; value: unknown } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [programs.cli, ...args, '--json'], {
      cwd: repo.folder,
      encoding: 'utf8',
      env: {
        ...process.env,
        NODE_OPTIONS: `--require=${clock}`,
        CLOCK_SHIFT: String(hours),
      },
    });
    assert.ok(stdout !== '', stderr);
    return { code: status, value: JSON.parse(stdout) };
  }

  const Claimed = v.object({ token: v.string(), acquired: v.string() });
  const Failed = v.object({ error: v.object({ reason: v.string(), owner: v.nullish(v.string()) }) });
  const Sessions = v.array(v.object({ session: v.string(), state: v.string(), live: v.boolean() }));
  const Plan = v.object({
    paths: v.array(
      v.object({ path: v.string(), reason: v.nullable(v.string()), session: v.nullable(v.string()) }),
    ),
  });

  const hours = [0, 1, -1, 25, -25];
  /** Of the claim, and of what comes after it: each with the other. */
  const steps = sized({
    short: { claims: [1, -1], later: [1, -25] },
    long: { claims: [1, 0, -1], later: hours },
  });

  it(
    'lose no lease and steal none',
    inRepo((repo) => {
      for (const claimedAt of steps.claims) {
        const resource = `session/at${claimedAt}`;
        const owner = ['--owner', 'one', '--agent', 'test'];
        const claimed = v.parse(Claimed, belay(repo, claimedAt, 'lease', 'claim', resource, ...owner).value);
        const ahead = Date.parse(claimed.acquired) - Date.now();
        assert.ok(Math.abs(ahead - claimedAt * 3_600_000) < 60_000, 'the clock was moved');
        for (const hour of steps.later) {
          const check = belay(repo, hour, 'lease', 'check', resource, '--lease', claimed.token);
          assert.equal(check.code, 0);
          const other = belay(repo, hour, 'lease', 'claim', resource, '--owner', 'two');
          assert.equal(v.parse(Failed, other.value).error.reason, 'lease_held');
          repo.write('work.txt', `${claimedAt} ${hour}\n`);
          const under = ['--session', `at${claimedAt}`, '--agent', 'test', '--lease', claimed.token];
          assert.equal(belay(repo, hour, 'checkpoint', ...under).code, 0);
          const sessions = v.parse(Sessions, belay(repo, -hour, 'session', 'list').value);
          const mine = sessions.find(({ session: id }) => id === `at${claimedAt}`);
          assert.deepEqual([mine?.state, mine?.live], ['alive', true]);
        }
        const takeOver = ['lease', 'claim', resource, '--owner', 'two', '--take-over'];
        assert.equal(belay(repo, -claimedAt, ...takeOver).code, 0);
        for (const hour of steps.later) {
          repo.write('work.txt', `too late ${hour}\n`);
          const under = ['--session', `at${claimedAt}`, '--agent', 'test', '--lease', claimed.token];
          const { error } = v.parse(Failed, belay(repo, hour, 'checkpoint', ...under).value);
          assert.deepEqual([error.reason, error.owner], ['lease_lost', 'two']);
        }
      }
    }),
  );

  it(
    'leave restore’s caution for other live sessions as it is, also for one that went on after its release',
    inRepo(async (repo) => {
      const base = await repo.checkpoint({ session: 'base', always: true });
      for (const hour of hours.slice(0, 3)) {
        const name = `went on ${hour}`;
        const { token } = v.parse(
          Claimed,
          belay(repo, hour, 'lease', 'claim', `session/${name}`, '--owner', 'one').value,
        );
        repo.write(`${name}.txt`, 'leased\n');
        const taking = ['checkpoint', '--agent', 'test', '--session', name];
        assert.equal(belay(repo, hour, ...taking, '--lease', token).code, 0);
        assert.equal(belay(repo, hour, 'lease', 'release', `session/${name}`, '--lease', token).code, 0);
        const released = v.parse(Sessions, belay(repo, 0, 'session', 'list').value);
        assert.equal(released.find(({ session: id }) => id === name)?.state, 'ended');
        repo.write(`${name}.txt`, 'and on without\n');
        assert.equal(belay(repo, -hour, ...taking).code, 0);
        repo.write(`never leased ${hour}.txt`, 'work\n');
        assert.equal(
          belay(repo, hour, 'checkpoint', '--agent', 'test', '--session', `never leased ${hour}`).code,
          0,
        );
      }
      for (const hour of hours.slice(0, 3)) {
        const { code, value } = belay(repo, hour, 'restore', base.checkpoint.oid, '--dry-run');
        assert.equal(code, 0);
        const { paths } = v.parse(Plan, value);
        assert.equal(paths.length, 6);
        for (const { path: name, reason, session: writer } of paths) {
          assert.deepEqual([reason, `${writer ?? ''}.txt`], ['other_session', name]);
        }
      }
    }),
  );
});
