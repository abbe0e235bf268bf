import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { listStale } from '../../../src/checkpoint/stale';
import { repair } from '../../../src/doctor/diagnose';
import { claimLease, releaseLease, renewLease } from '../../../src/leases/claim';
import { openGuard } from '../../../src/leases/guard';
import { whileHolding } from '../../../src/leases/hold';
import { leaseHistory, listLeases, readLease } from '../../../src/leases/read';
import { leaseRef } from '../../../src/leases/resource';
import { shadowRef, staleRef } from '../../../src/refs/names';
import { assertSameReferences, Gate, referencesOf } from '../../support/gate';
import { claim, place, refused, session } from '../../support/leases';
import { inRepo, noObject, referencesAsFiles, type TestRepo } from '../../support/repo';
import { buildPrograms, type Programs } from '../../support/workers';

const own = session('s1');
const file = leaseRef(own);
const lock = `${file}.lock`;
const aside = /overflow.main.stale-s1/;

const Failure = v.object({ error: v.object({ reason: v.string(), message: v.string() }) });

/** Ways in which the reference of a lease can be no lease. */
const damages: readonly (readonly [string, (repo: TestRepo) => Promise<unknown> | string])[] = [
  ['garbage', () => 'no value\n'],
  ['nothing, as after a power cut', () => ''],
  ['zeros, as after a power cut', () => '\0'.repeat(41)],
  ['the id of an object that is not there', (repo) => `${noObject(repo)}\n`],
  ['a commit of somebody else', (repo) => `${repo.git('rev-parse', 'HEAD')}\n`],
  ['a file’s content', (repo) => `${repo.git('rev-parse', 'HEAD:a.txt')}\n`],
  ['another session’s lease', async (repo) => `${(await claim(repo, session('s2'), 'two')).token}\n`],
  [
    'a checkpoint',
    async (repo) => {
      const { checkpoint } = await repo.checkpoint({ session: 'other', always: true });
      return `${checkpoint.oid}\n`;
    },
  ],
  ['the name of a reference that is not there', () => 'ref: refs/heads/gone\n'],
];

/** Nothing may hang, in milliseconds. */
const bound = 60_000;

describe('leases that cannot be read', () => {
  let programs: Programs;

  before(() => {
    programs = buildPrograms();
  });

  function belay(repo: TestRepo, ...args: string[]): { code: number | null; reason: string; ms: number } {
    const began = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, [programs.cli, ...args, '--json'], {
      cwd: repo.folder,
      encoding: 'utf8',
    });
    const found = v.safeParse(v.pipe(v.string(), v.parseJson(), Failure), stdout);
    assert.ok(found.success || status === 0, stderr);
    const reason = found.success ? found.output.error.reason : '';
    return { code: status, reason, ms: performance.now() - began };
  }

  for (const [what, damage] of damages) {
    it(
      `is never a lost one: ${what}`,
      inRepo(async (repo) => {
        const worktree = await repo.worktree();
        const { token } = await claim(repo, own, 'one');
        const content = await damage(repo);
        place(repo, file, String(content));
        const before = referencesOf(repo);
        await refused(readLease(worktree, own), 'lease_unreadable');
        await refused(claim(repo, own, 'two', { takeOver: true }), 'lease_unreadable');
        await refused(renewLease(worktree, own, token), 'lease_unreadable');
        await refused(releaseLease(worktree, own, token, { status: 'released' }), 'lease_unreadable');
        await refused(openGuard(worktree, { session: 's1', leases: [token] }), 'lease_unreadable');
        await refused(openGuard(worktree, { leases: [token] }), 'lease_unreadable');
        for (const leases of [[token], []]) {
          repo.write('work.txt', `${leases.length}\n`);
          const { kept } = await refused(repo.checkpoint({ session: 's1', leases }), 'lease_unreadable');
          assert.equal(repo.git('show', `${kept?.checkpoint ?? ''}:work.txt`), `${leases.length}`);
        }
        const named: string[] = [];
        const listed = await listLeases(worktree, (ref) => named.push(ref));
        // git leaves out a name that leads nowhere without a word.
        assert.deepEqual(named, String(content).startsWith('ref:') ? [] : [file]);
        assert.deepEqual(
          listed.filter(({ resource }) => resource.name === 's1'),
          [],
        );
        for (const args of [
          ['lease', 'check', 'session/s1'],
          ['lease', 'check', 'session/s1', '--lease', token],
          ['lease', 'claim', 'session/s1', '--owner', 'two', '--take-over'],
          ['lease', 'release', 'session/s1', '--lease', token],
          ['checkpoint', '--session', 's1', '--agent', 'test', '--lease', token],
          ['session', 'start', '--session', 's1', '--agent', 'test', '--take-over'],
          ['session', 'end', 's1', '--take-over'],
        ]) {
          const { code, reason } = belay(repo, ...args);
          assert.deepEqual([code, reason], [3, 'lease_unreadable'], args.join(' '));
        }
        assertSameReferences(repo, before, aside);
      }, referencesAsFiles),
    );
  }

  it(
    'is never a lost one: a reference that the disk does not give out',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const { token } = await claim(repo, own, 'one');
      const ref = path.join(repo.commonDir, file);
      fs.rmSync(ref);
      fs.symlinkSync(path.basename(ref), ref);
      await refused(readLease(worktree, own), 'lease_unreadable');
      await refused(renewLease(worktree, own, token), 'lease_unreadable');
      await refused(repo.checkpoint({ session: 's1', leases: [token] }), 'lease_unreadable');
      await refused(claim(repo, own, 'two', { takeOver: true }), 'lease_unreadable');
      assert.equal(fs.readlinkSync(ref), path.basename(ref));
    }, referencesAsFiles),
  );

  it(
    'is never a lost one: a record that is damaged in the object store',
    inRepo(async (repo) => {
      const worktree = await repo.open();
      const { token } = await claim(repo, own, 'one');
      const object = path.join(repo.commonDir, 'objects', token.slice(0, 2), token.slice(2));
      fs.chmodSync(object, 0o644);
      fs.writeFileSync(object, 'damaged');
      await refused(readLease(worktree, own), 'lease_unreadable');
      await refused(openGuard(worktree, { session: 's1', leases: [token] }), 'lease_unreadable');
      // The token tells not even what it is for; but a lease names it.
      await refused(openGuard(worktree, { leases: [token] }), 'lease_unreadable');
      await refused(openGuard(worktree, { leases: ['f'.repeat(40)] }), 'lease_unreadable');
      await releaseLease(worktree, session('s2'), (await claim(repo, session('s2'), 'two')).token, {
        status: 'released',
      });
    }),
  );

  it(
    'a token that no lease ever had counts as lost once every lease was read',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      await claim(repo, session('s2'), 'two');
      await refused(openGuard(worktree, { leases: ['f'.repeat(40)] }), 'lease_lost');
      await refused(openGuard(worktree, { session: 's1', leases: ['f'.repeat(40)] }), 'lease_lost');
      await assert.rejects(openGuard(worktree, { leases: ['HEAD'] }), { reason: 'invalid_lease' });
    }),
  );

  it(
    'a history with a version that is gone says so, and ends before what is not of the lease',
    inRepo(async (repo) => {
      const worktree = await repo.open();
      const first = await claim(repo, own, 'one');
      const second = await claim(repo, own, 'one');
      assert.deepEqual(
        (await leaseHistory(worktree, second)).map(({ token }) => token),
        [second.token, first.token],
      );
      fs.rmSync(path.join(repo.commonDir, 'objects', first.token.slice(0, 2), first.token.slice(2)));
      await refused(leaseHistory(await repo.open(), second), 'lease_unreadable');
    }),
  );
});

describe('a lock file that a killed git left on a lease', () => {
  for (const leased of [true, false]) {
    it(
      `lets checkpoints land beside the chain, with a warning, until it is mended (${leased ? 'leased' : 'never leased'})`,
      inRepo(async (repo) => {
        const first = await repo.checkpoint({ session: 'other', always: true });
        const leases = leased ? [(await claim(repo, own, 'one')).token] : [];
        place(repo, lock, '');
        const steps: number[] = [];
        for (const text of ['1', '2']) {
          repo.write('work.txt', `${text}\n`);
          const began = performance.now();
          const { checkpoint, ref, warnings } = await repo.checkpoint({ session: 's1', leases });
          assert.ok(performance.now() - began < bound, 'in bounded time');
          assert.match(ref, /^refs\/belay\/overflow\/main\/\d/);
          assert.match(warnings.join(' '), /lock file.*belay doctor/);
          assert.equal(repo.git('show', `${checkpoint.oid}:work.txt`), text);
          steps.push(checkpoint.step);
        }
        assert.deepEqual(steps, [1, 2]);
        assert.equal(repo.refs().get(shadowRef('main')), first.checkpoint.oid);
        const file = path.join(repo.commonDir, lock);
        const past = new Date(Date.now() - 60_000);
        fs.utimesSync(file, past, past);
        await repair(await repo.worktree());
        assert.equal(fs.existsSync(file), false);
        repo.write('work.txt', '3\n');
        const last = await repo.checkpoint({ session: 's1', leases });
        assert.deepEqual([last.ref, last.checkpoint.step], [shadowRef('main'), 3]);
      }, referencesAsFiles),
    );
  }

  it(
    'keeps the lease from being moved: said in bounded time, as unreadable, with the lock’s name',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const { token } = await claim(repo, own, 'one');
      place(repo, lock, '');
      const before = referencesOf(repo);
      const began = performance.now();
      const failures = await Promise.all([
        refused(claim(repo, own, 'two', { takeOver: true }), 'lease_unreadable'),
        refused(releaseLease(await repo.open(), own, token, { status: 'released' }), 'lease_unreadable'),
      ]);
      const took = performance.now() - began;
      assert.ok(took < bound, `it took ${took.toFixed(0)} ms`);
      for (const { message } of failures) {
        assert.ok(message.includes(path.join(repo.commonDir, lock)), message);
      }
      // Looking needs no lock.
      assert.equal((await readLease(worktree, own))?.token, token);
      assert.equal((await renewLease(worktree, own, token)).token, token);
      assertSameReferences(repo, before);
    }, referencesAsFiles),
  );

  it(
    'does not let a writer through who has lost it, and keeps what that one saved all the same',
    inRepo(async (repo) => {
      const { token } = await claim(repo, own, 'one');
      await claim(repo, own, 'two', { takeOver: true });
      const unlock = place(repo, lock, '');
      const before = referencesOf(repo);
      repo.write('work.txt', 'too late\n');
      const began = performance.now();
      const { kept } = await refused(repo.checkpoint({ session: 's1', leases: [token] }), 'lease_lost');
      assert.ok(performance.now() - began < bound, 'in bounded time');
      assert.equal(repo.git('show', `${kept?.checkpoint ?? ''}:work.txt`), 'too late');
      assertSameReferences(repo, before, aside);
      unlock();
      // So does one on the reference where it would have been kept.
      place(repo, `${staleRef('main', 's1')}.lock`, '');
      repo.write('work.txt', 'later still\n');
      const second = await refused(repo.checkpoint({ session: 's1', leases: [token] }), 'lease_lost');
      assert.equal(repo.git('show', `${second.kept?.checkpoint ?? ''}:work.txt`), 'later still');
      const stale = await listStale(await repo.worktree());
      assert.deepEqual(
        stale.map(({ oid }) => oid).sort(),
        [kept?.checkpoint, second.kept?.checkpoint].sort(),
      );
    }, referencesAsFiles),
  );

  it(
    'does not help one who is replaced while it lands beside the chain: nothing of it stays but as stale',
    inRepo(async (repo) => {
      await repo.checkpoint({ session: 'other', always: true });
      const { token } = await claim(repo, own, 'one');
      const gate = new Gate(repo);
      const writer = await repo.open(gate.git());
      const unlock = place(repo, lock, '');
      repo.write('work.txt', 'too late\n');
      // The last of its tries has no check of the lease, because of the lock.
      const before = referencesOf(repo);
      let tries = 0;
      const working = repo.checkpoint({ session: 's1', leases: [token] }, writer);
      const outcome = refused(working, 'lease_lost');
      // publish, overflow with the session, overflow alone, and then the one under the lock
      for (const pattern of [shadowRef('main'), 'create refs/belay/overflow', 'create refs/belay/overflow']) {
        gate.arm(pattern);
        await gate.reached();
        tries += 1;
        gate.open();
      }
      gate.arm('create refs/belay/overflow');
      await gate.reached();
      unlock();
      await claim(repo, own, 'two', { takeOver: true });
      gate.open();
      const { kept } = await outcome;
      assert.equal(tries, 3);
      assert.ok(kept !== undefined);
      assertSameReferences(repo, before, /overflow.main.stale-s1|lease.session.s1/);
    }, referencesAsFiles),
  );

  it(
    'does not take the signal from work under it: what cannot be read is not lost',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const resource = { kind: 'worktree', name: 'main' } as const;
      await whileHolding(worktree, resource, { claim: { owner: 'one' } }, async (held) => {
        const ref = path.join(repo.commonDir, leaseRef(resource));
        const content = fs.readFileSync(ref);
        await new Promise((resolve) => setTimeout(resolve, 20));
        fs.writeFileSync(ref, 'garbage');
        await refused(held.check(), 'lease_unreadable');
        assert.equal(held.signal.aborted, false);
        fs.writeFileSync(ref, content);
        await held.check();
        const two = await claimLease(worktree, resource, { owner: 'two', takeOver: true });
        await new Promise((resolve) => setTimeout(resolve, 20));
        await refused(held.check(), 'lease_lost');
        assert.equal(held.signal.aborted, true);
        // Once is enough: from then on it is refused without a look.
        await refused(held.check(), 'lease_lost');
        assert.equal((await readLease(worktree, resource))?.token, two.token);
      });
      assert.equal((await readLease(worktree, resource))?.owner, 'two', 'and was not given up by the loser');
    }, referencesAsFiles),
  );
});
