import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { listCheckpoints, readCheckpoint } from '../../../src/checkpoint/history';
import { listStale } from '../../../src/checkpoint/stale';
import { releaseLease } from '../../../src/leases/claim';
import type { KeptAside } from '../../../src/leases/error';
import type { Lease } from '../../../src/leases/lease';
import { readLease } from '../../../src/leases/read';
import { leaseRef } from '../../../src/leases/resource';
import { retireLeases } from '../../../src/leases/retire';
import { identityOf } from '../../../src/refs/identity';
import { sessionRef, shadowRef, staleRef } from '../../../src/refs/names';
import { restore } from '../../../src/restore/restore';
import { endSession, startSession } from '../../../src/sessions/lifecycle';
import { listSessions } from '../../../src/sessions/sessions';
import { claim, place, refused, session } from '../../support/leases';
import { inRepo, referencesAsFiles, type TestRepo, type TestRequest } from '../../support/repo';

const own = session('s1');
const ref = staleRef('main', 's1');

/** A writer that was replaced. @returns its token. */
async function replaced(repo: TestRepo): Promise<string> {
  const { token } = await claim(repo, own, 'one');
  await claim(repo, own, 'two', { takeOver: true });
  return token;
}

async function fencedOff(repo: TestRepo, token: string, more: TestRequest = {}): Promise<KeptAside> {
  const { kept } = await refused(repo.checkpoint({ session: 's1', leases: [token], ...more }), 'lease_lost');
  assert.ok(kept !== undefined);
  return kept;
}

describe('what a fenced writer tried to save', () => {
  it(
    'is kept whole, with its staged state, can be read and restored, and says why',
    inRepo(async (repo) => {
      await repo.checkpoint({ session: 'other', always: true });
      const token = await replaced(repo);
      repo.write('new.txt', 'new\n');
      repo.write('a.txt', 'staged\n');
      repo.git('add', 'a.txt');
      repo.write('a.txt', 'changed again\n');
      repo.remove('folder/b.txt');
      repo.write('run.sh', '#!/bin/sh\n', 0o755);
      const print = repo.fingerprint();
      const kept = await fencedOff(repo, token, { message: 'My work', task: 'a task' });
      assert.equal(repo.fingerprint(), print, 'nothing of the user’s has changed');
      const worktree = await repo.worktree();
      const stale = await readCheckpoint(worktree, kept.checkpoint);
      assert.deepEqual(repo.treeEntries(stale.oid), repo.diskEntries());
      assert.equal(repo.git('show', `${stale.staged ?? ''}:a.txt`), 'staged');
      assert.deepEqual([stale.stale, stale.message, stale.task], ['lease_lost', 'My work', 'a task']);
      assert.equal(kept.ref, ref);
      assert.equal(repo.refs().get(ref), stale.oid);
      for (const name of ['new.txt', 'a.txt', 'run.sh']) {
        repo.remove(name);
      }
      repo.write('folder/b.txt', 'back\n');
      await restore(worktree, stale, { session: 'person', agent: 'editor', paths: [], include: 'all' });
      assert.deepEqual(repo.treeEntries(stale.oid), repo.diskEntries());
    }),
  );

  it(
    'is kept once for each content, the later on top of the earlier, on one reference of its session and worktree',
    inRepo(async (repo) => {
      const token = await replaced(repo);
      const kept: string[] = [];
      for (const text of ['one', 'one', 'two', 'two', 'three']) {
        repo.write('work.txt', `${text}\n`);
        kept.push((await fencedOff(repo, token)).checkpoint);
      }
      const distinct = [...new Set(kept)];
      assert.equal(distinct.length, 3);
      const refs = [...repo.refs('belay').keys()].filter((name) => name.startsWith('refs/belay/overflow/'));
      assert.deepEqual(refs, [ref]);
      for (const oid of distinct) {
        assert.ok(repo.isHeld(oid));
      }
      const worktree = await repo.worktree();
      assert.deepEqual((await listStale(worktree)).map(({ oid }) => oid).sort(), [...distinct].sort());
      const [listed] = await listSessions(worktree);
      assert.deepEqual([listed?.id, listed?.steps, listed?.stale.length], ['s1', 0, 3]);
      // Only what is staged has changed.
      repo.git('add', 'work.txt');
      assert.ok(!distinct.includes((await fencedOff(repo, token)).checkpoint));
    }),
  );

  it(
    'is not kept where the chain has the same already',
    inRepo(async (repo) => {
      const token = await replaced(repo);
      repo.write('work.txt', 'the same\n');
      await repo.checkpoint({ session: 'other' });
      const { kept } = await refused(
        repo.checkpoint({ session: 's1', leases: [token], always: true }),
        'lease_lost',
      );
      assert.equal(kept, undefined);
      assert.equal(repo.refs().get(ref), undefined);
    }),
  );

  it(
    'is no step, is never listed among the checkpoints, and is never folded in',
    inRepo(async (repo) => {
      const { token } = await claim(repo, own, 'one');
      repo.write('work.txt', 'first\n');
      const first = await repo.checkpoint({ session: 's1', leases: [token] });
      const two = await claim(repo, own, 'two', { takeOver: true });
      repo.write('work.txt', 'too late\n');
      const kept = await fencedOff(repo, token);
      // Something waits as well, and that is folded in.
      const unlock = place(repo, `${shadowRef('main')}.lock`, '');
      repo.write('work.txt', 'waits\n');
      const waiting = await repo.checkpoint({ session: 'other' });
      unlock();
      repo.write('work.txt', 'second\n');
      const second = await repo.checkpoint({ session: 's1', leases: [two.token] });
      assert.deepEqual([first.checkpoint.step, second.checkpoint.step], [1, 2]);
      assert.deepEqual(second.checkpoint.folded, [waiting.checkpoint.oid]);
      assert.equal(repo.refs().get(ref), kept.checkpoint, 'it stays where it is');
      const worktree = await repo.worktree();
      const all = [first, second].map(({ checkpoint }) => checkpoint.oid);
      for (const query of [{}, { session: 's1' }, { worktreeKey: 'main' }]) {
        const listed = await listCheckpoints(worktree, query);
        assert.ok(!listed.some(({ oid }) => oid === kept.checkpoint));
        assert.ok(all.every((oid) => listed.some((checkpoint) => checkpoint.oid === oid)));
      }
      const chain = repo.git('rev-list', shadowRef('main'), sessionRef('s1'), sessionRef('other'));
      assert.ok(!chain.includes(kept.checkpoint));
    }, referencesAsFiles),
  );

  it(
    'is kept for each worktree apart, and for two sessions apart',
    inRepo(async (repo) => {
      const token = await replaced(repo);
      const linked = repo.link('beside');
      repo.write('work.txt', 'main\n');
      linked.write('work.txt', 'linked\n');
      const here = await fencedOff(repo, token);
      const there = await refused(
        linked.checkpoint({ session: 's1', leases: [token] }, await repo.open(undefined, linked.folder)),
        'lease_lost',
      );
      assert.equal(there.kept?.ref, staleRef('beside', 's1'));
      assert.equal(repo.git('show', `${here.checkpoint}:work.txt`), 'main');
      assert.equal(repo.git('show', `${there.kept.checkpoint}:work.txt`), 'linked');
      await claim(repo, session('s1@x'), 'somebody');
      repo.write('work.txt', 'of the other\n');
      const other = await refused(repo.checkpoint({ session: 's1@x' }), 'lease_required');
      assert.notEqual(other.kept?.ref, here.ref);
    }),
  );

  it(
    'does not hide the refusal when it cannot be kept',
    inRepo(async (repo) => {
      const token = await replaced(repo);
      // A reference stands below the one that would be written.
      repo.git('update-ref', `${ref}/in-the-way`, 'HEAD');
      repo.write('work.txt', 'too late\n');
      const { message, kept } = await refused(
        repo.checkpoint({ session: 's1', leases: [token] }),
        'lease_lost',
      );
      assert.equal(kept, undefined);
      assert.match(message, /could not be kept/);
    }),
  );
});

describe('the retention of leases', () => {
  it(
    'takes what was given up, ended, or held by a process that has ended, and is old; nothing else',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const gone = { ...identityOf(process.pid), started: '1' };
      const old = await oldLeases(repo, async () => {
        await give(repo, await claim(repo, session('released'), 'one'), 'released');
        await give(repo, await claim(repo, session('ended'), 'one'), 'ended');
        await claim(repo, session('killed'), 'one', { holder: gone });
        await claim(repo, session('held'), 'one');
        await claim(repo, session('running'), 'one', { holder: identityOf(process.pid) });
        await claim(repo, { kind: 'worktree', name: 'main' }, 'one', { holder: gone });
        await claim(repo, session('damaged'), 'one');
      });
      place(repo, leaseRef(session('damaged')), 'garbage');
      await give(repo, await claim(repo, session('young'), 'one'), 'released');
      await claim(repo, session('young and killed'), 'one', { holder: gone });
      const retired = await retireLeases(worktree);
      assert.deepEqual(retired.map(({ resource }) => resource.name).sort(), [
        'ended',
        'killed',
        'main',
        'released',
      ]);
      assert.deepEqual(
        [...repo.refs('belay').keys()].sort(),
        ['held', 'running', 'young', 'young and killed'].map((name) => leaseRef(session(name))).sort(),
      );
      assert.ok(fs.existsSync(path.join(repo.commonDir, leaseRef(session('damaged')))));
      assert.equal(old, 7);
      assert.deepEqual(await retireLeases(worktree), []);
    }, referencesAsFiles),
  );

  it(
    'follows the setting, and not one that makes no sense',
    inRepo(async (repo) => {
      await oldLeases(repo, async () => give(repo, await claim(repo, own, 'one'), 'released'));
      for (const [value, expected] of [
        ['60', 0],
        ['0', 1],
        ['-5', 0],
      ] as const) {
        repo.git('config', 'belay.leaseDays', value);
        assert.equal((await retireLeases(await repo.open())).length, expected, value);
      }
    }),
  );

  it(
    'happens when a session starts, does not keep its token from the claimant when it cannot, and does not wait for each',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      await oldLeases(repo, async () => {
        for (let index = 0; index < 20; index += 1) {
          await give(repo, await claim(repo, session(`old ${index}`), 'one'), 'ended');
        }
      });
      // Every deletion needs this lock, and waits a second for it.
      const unlock = place(repo, 'packed-refs.lock', '');
      const began = performance.now();
      const { token } = await startSession(worktree, 's1', { owner: 'one' });
      assert.ok(performance.now() - began < 20_000, 'twenty times a second was not waited for');
      assert.equal((await readLease(worktree, own))?.token, token);
      unlock();
      await startSession(worktree, 's1', { owner: 'one' });
      assert.deepEqual([...repo.refs('belay').keys()], [leaseRef(own)]);
    }, referencesAsFiles),
  );

  it(
    'leaves an ended session’s checkpoints, and nobody writes for it before its record is gone',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const { token } = await startSession(worktree, 's1', { owner: 'one' });
      repo.write('work.txt', 'work\n');
      const { checkpoint } = await repo.checkpoint({ session: 's1', leases: [token] });
      const ended = await endSession(worktree, 's1', { token });
      repo.write('work.txt', 'more\n');
      await refused(repo.checkpoint({ session: 's1', leases: [token] }), 'lease_lost');
      await refused(repo.checkpoint({ session: 's1' }), 'lease_required');
      // Ended is not given back by whoever still has its last version in hand.
      await refused(releaseLease(worktree, own, ended.token, { status: 'released' }), 'lease_lost');
      assert.equal((await listSessions(worktree))[0]?.liveness.state, 'ended');
      assert.equal((await readCheckpoint(worktree, checkpoint.oid)).step, 1);
      const again = await startSession(worktree, 's1', { owner: 'two' });
      assert.equal((await repo.checkpoint({ session: 's1', leases: [again.token] })).checkpoint.step, 2);
    }),
  );
});

async function give(repo: TestRepo, { resource, token }: Lease, status: 'released' | 'ended'): Promise<void> {
  await releaseLease(await repo.worktree(), resource, token, { status });
}

/** Makes leases as if it were 31 days ago. @returns how many there are. */
async function oldLeases(repo: TestRepo, work: () => Promise<void>): Promise<number> {
  const now = Date.now;
  Date.now = () => now() - 31 * 24 * 60 * 60_000;
  try {
    await work();
  } finally {
    Date.now = now;
  }
  return repo.refs('belay').size;
}
