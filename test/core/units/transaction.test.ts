import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockHolder, removeDeadLock, withLock } from '../../../src/refs/lock';
import type { RefChange } from '../../../src/refs/change';
import { changeRefs, ownComparison } from '../../../src/refs/transaction';
import { inRepo, noObject, referencesAsFiles, type TestRepo } from '../../support/repo';

function commits(repo: TestRepo): [string, string] {
  return [repo.git('rev-parse', 'HEAD'), repo.git('commit-tree', '-m', 'Other', 'HEAD^{tree}')];
}

describe('invariant 4: changes of references say what must be there', () => {
  it(
    'happen all or not at all, and say whether something had moved',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const [one, two] = commits(repo);
      const x = 'refs/belay/test/x';
      const y = 'refs/belay/test/y';
      const holds = async (
        changes: readonly RefChange[],
        expected: Readonly<Record<string, string>>,
      ): Promise<void> => {
        assert.deepEqual(await changeRefs(worktree, 'publish_checkpoint', ownComparison, changes), {
          done: true,
        });
        assert.deepEqual(Object.fromEntries(repo.refs('belay')), expected);
      };
      const moved = async (changes: readonly RefChange[]): Promise<void> => {
        const before = repo.refs();
        const outcome = await changeRefs(worktree, 'publish_checkpoint', ownComparison, changes);
        assert.equal(outcome.done ? 'done' : outcome.reason, 'moved', JSON.stringify(changes));
        assert.deepEqual(repo.refs(), before);
      };
      await holds([{ kind: 'create', ref: x, to: one }], { [x]: one });
      await moved([{ kind: 'create', ref: x, to: two }]);
      await moved([{ kind: 'update', ref: x, to: two, from: two }]);
      await moved([{ kind: 'update', ref: y, to: two, from: one }]);
      await moved([{ kind: 'delete', ref: x, from: two }]);
      await moved([{ kind: 'delete', ref: y, from: one }]);
      await moved([
        { kind: 'create', ref: y, to: one },
        { kind: 'verify', ref: x, at: two },
      ]);
      await moved([
        { kind: 'create', ref: y, to: one },
        { kind: 'verify', ref: x, at: undefined },
      ]);
      await moved([
        { kind: 'create', ref: y, to: one },
        { kind: 'update', ref: x, to: two, from: two },
      ]);
      await holds(
        [
          { kind: 'create', ref: y, to: one },
          { kind: 'verify', ref: x, at: one },
        ],
        { [x]: one, [y]: one },
      );
      await holds(
        [
          { kind: 'update', ref: x, to: two, from: one },
          { kind: 'delete', ref: y, from: one },
        ],
        { [x]: two },
      );
      await holds([{ kind: 'verify', ref: y, at: undefined }], { [x]: two });
      repo.git('pack-refs', '--all');
      await moved([{ kind: 'create', ref: x, to: one }]);
      await holds([{ kind: 'delete', ref: x, from: two }], {});
    }),
  );

  it(
    'tell a lock that somebody left from a reference that moved, and leave it alone',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const [one] = commits(repo);
      const ref = 'refs/belay/test/x';
      const lock = path.join(repo.commonDir, `${ref}.lock`);
      fs.mkdirSync(path.dirname(lock), { recursive: true });
      fs.writeFileSync(lock, 'somebody');
      const outcome = await changeRefs(worktree, 'publish_checkpoint', ownComparison, [
        { kind: 'create', ref, to: one },
      ]);
      assert.equal(outcome.done ? 'done' : outcome.reason, 'locked');
      assert.equal(fs.readFileSync(lock, 'utf8'), 'somebody');
      fs.rmSync(lock);
      assert.deepEqual(
        await changeRefs(worktree, 'publish_checkpoint', ownComparison, [{ kind: 'create', ref, to: one }]),
        { done: true },
      );
    }, referencesAsFiles),
  );

  it(
    'fail loudly for any other reason',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const [one] = commits(repo);
      await changeRefs(worktree, 'publish_checkpoint', ownComparison, [
        { kind: 'create', ref: 'refs/belay/test', to: one },
      ]);
      await assert.rejects(
        changeRefs(worktree, 'publish_checkpoint', ownComparison, [
          { kind: 'create', ref: 'refs/belay/test/x', to: one },
        ]),
        {
          failure: 'ref_conflict',
        },
      );
      await assert.rejects(
        changeRefs(worktree, 'publish_checkpoint', ownComparison, [
          { kind: 'create', ref: 'refs/belay/x..y', to: one },
        ]),
        {
          reason: 'git_failed',
        },
      );
    }),
  );

  it(
    'tell an object that is not there (any more), so that the writer can make it anew',
    inRepo(async (repo) => {
      const outcome = await changeRefs(await repo.worktree(), 'publish_checkpoint', ownComparison, [
        { kind: 'create', ref: 'refs/belay/new', to: noObject(repo) },
      ]);
      assert.equal(outcome.done ? 'done' : outcome.reason, 'missing');
      assert.equal(repo.refs('belay').has('refs/belay/new'), false);
    }),
  );
});

describe('invariant 5: the queue', () => {
  it(
    'lets one in at a time, names who is in, and leaves nothing behind',
    inRepo(async (repo) => {
      const lock = path.join(repo.base, 'locks', 'queue');
      let inside = 0;
      const turns = Array.from({ length: 12 }, () =>
        withLock(lock, { wait: 30_000 }, async (held) => {
          assert.ok(held);
          inside += 1;
          assert.equal(inside, 1);
          assert.equal((await lockHolder(lock))?.pid, process.pid);
          await sleep(2);
          inside -= 1;
        }),
      );
      await Promise.all(turns);
      assert.equal(await lockHolder(lock), undefined);
      assert.deepEqual(fs.readdirSync(path.dirname(lock)), []);
    }),
  );

  it(
    'goes on without when the wait is over, and when the work fails lets the next in',
    inRepo(async (repo) => {
      const lock = path.join(repo.base, 'locks', 'queue');
      await withLock(lock, { wait: 1_000 }, async () => {
        assert.equal(await withLock(lock, { wait: 20 }, (held) => Promise.resolve(held)), false);
      });
      await assert.rejects(
        withLock(lock, { wait: 1_000 }, () => Promise.reject(new Error('fails'))),
        /fails/,
      );
      assert.equal(await withLock(lock, { wait: 0 }, (held) => Promise.resolve(held)), true);
    }),
  );

  it(
    'is taken over from a process that is gone, never from one that lives',
    inRepo(async (repo) => {
      const lock = path.join(repo.base, 'locks', 'queue');
      await withLock(lock, { wait: 0 }, async () => {
        assert.equal(await removeDeadLock(lock), false);
        assert.equal((await lockHolder(lock))?.dead, false);
        const [own = ''] = fs.readdirSync(lock);
        // The same lock as a process would have left it that started at another time, or that has no number any more.
        for (const name of [own.replace(/^(\d+)~\d+~/, '$1~1~'), own.replace(/^\d+~/, '4194304~')]) {
          const left = path.join(repo.base, 'locks', 'left');
          fs.mkdirSync(left);
          fs.writeFileSync(path.join(left, name), '');
          assert.equal((await lockHolder(left))?.dead, true, name);
          assert.equal(await withLock(left, { wait: 2_000 }, (held) => Promise.resolve(held)), true);
          assert.equal(fs.existsSync(left), false);
        }
      });
    }),
  );

  it(
    'is not released by one who has lost it',
    inRepo(async (repo) => {
      const lock = path.join(repo.base, 'locks', 'queue');
      await withLock(lock, { wait: 0 }, async () => {
        fs.rmSync(lock, { recursive: true });
        await withLock(lock, { wait: 0 }, async (held) => {
          assert.ok(held);
          await sleep(1);
        });
        fs.mkdirSync(lock);
        fs.writeFileSync(path.join(lock, 'somebody else'), '');
      });
      assert.deepEqual(fs.readdirSync(lock), ['somebody else']);
    }),
  );
});
