import assert from 'node:assert/strict';
import { changesOf } from '../../src/checkpoint/changes';
import { listCheckpoints, readCheckpoint } from '../../src/checkpoint/history';
import type { Checkpoint } from '../../src/checkpoint/checkpoint';
import { segmentRef, sessionRef, shadowRef } from '../../src/refs/names';
import { inRepo, referencesAsFiles, type TestRepo } from '../support/repo';
import { next, parents, assertWhole, leaveLock, overflows } from './chainSupport';

function firstParents(repo: TestRepo, tip: string): string[] {
  return repo.git('rev-list', '--first-parent', tip).split('\n');
}

describe('the chain of checkpoints', () => {
  it(
    'is linear along first parents from HEAD on, and HEAD is the second parent exactly where it moved',
    inRepo(async (repo) => {
      const start = repo.git('rev-parse', 'HEAD');
      const one = (await next(repo)).checkpoint;
      assert.deepEqual(parents(repo, one.oid), [start]);
      const two = (await next(repo, { session: 'session-2' })).checkpoint;
      assert.deepEqual(parents(repo, two.oid), [one.oid]);
      repo.git('commit', '--quiet', '--allow-empty', '--message=Moves HEAD');
      const moved = repo.git('rev-parse', 'HEAD');
      const three = (await next(repo)).checkpoint;
      assert.deepEqual(parents(repo, three.oid), [two.oid, moved]);
      assert.equal(three.base, moved);
      const four = (await next(repo)).checkpoint;
      assert.deepEqual(parents(repo, four.oid), [three.oid]);
      // What was committed and then thrown away stays reachable.
      repo.git('reset', '--quiet', '--hard', start);
      const five = (await next(repo)).checkpoint;
      assert.deepEqual(parents(repo, five.oid), [four.oid, start]);
      assert.ok(repo.isHeld(moved));
      assert.deepEqual(
        firstParents(repo, five.oid),
        [five, four, three, two, one].map(({ oid }) => oid).concat(start),
      );
      assert.equal(repo.refs().get(shadowRef('main')), five.oid);
      await assertWhole(
        repo,
        [one, two, three, four, five].filter(({ session }) => session === 'session-1').concat(two),
      );
    }),
  );

  it(
    'gets a new checkpoint when only HEAD or only the staged state moved',
    inRepo(async (repo) => {
      repo.write('a.txt', 'edited\n');
      const one = (await repo.checkpoint()).checkpoint;
      repo.git('add', '--all');
      const two = (await repo.checkpoint()).checkpoint;
      assert.equal(two.tree, one.tree);
      assert.ok(two.staged !== undefined);
      assert.deepEqual(parents(repo, two.oid), [one.oid, two.staged]);
      repo.git('commit', '--quiet', '--message=Commit');
      const three = (await repo.checkpoint()).checkpoint;
      assert.equal(three.tree, one.tree);
      assert.equal(three.staged, undefined);
      assert.deepEqual(parents(repo, three.oid), [two.oid, repo.git('rev-parse', 'HEAD')]);
      assert.deepEqual(await changesOf(await repo.worktree(), three), []);
    }),
  );

  it(
    'names the last checkpoint of anyone where nothing changed, unless one is wanted always',
    inRepo(async (repo) => {
      const one = await next(repo, { session: 'session-1' });
      const none = await repo.checkpoint({ session: 'session-2' });
      assert.equal(none.created, false);
      assert.equal(none.checkpoint.oid, one.checkpoint.oid);
      assert.equal(none.checkpoint.session, 'session-1');
      assert.equal(repo.refs().get(sessionRef('session-2')), undefined, 'no step was used up');
      const always = await repo.checkpoint({ session: 'session-2', always: true });
      assert.equal(always.created, true);
      assert.equal(always.checkpoint.step, 1);
      assert.equal(always.checkpoint.tree, one.checkpoint.tree);
    }),
  );

  it(
    'holds what the caller said about it, in words that cannot be mistaken for anything else',
    inRepo(async (repo) => {
      const message = 'Belay-Step: 9\r\n\nBelay-Session: somebody-else\nBelay-Uncovered: ignored x';
      const { checkpoint } = await next(repo, {
        message,
        tool: 'Edit\nBelay-Step: 7',
        task: 'T-1',
        paths: ['work.txt'],
      });
      const read = await readCheckpoint(await repo.worktree(), checkpoint.oid);
      assert.deepEqual(read, checkpoint);
      assert.equal(read.message, message);
      assert.equal(read.step, 1);
      assert.equal(read.session, 'session-1');
      assert.equal(read.tool, 'Edit Belay-Step: 7');
      assert.equal(read.task, 'T-1');
      assert.deepEqual(read.paths, ['work.txt']);
      assert.deepEqual(read.uncovered, []);
      const [listed] = await listCheckpoints(await repo.worktree());
      assert.deepEqual(listed, checkpoint);
    }),
  );

  it(
    'numbers the steps of each session without gap or repeat, in several sessions and worktrees at once',
    inRepo(async (repo) => {
      const linked = [repo, repo.link('one'), repo.link('two')];
      const taken = await Promise.all(
        linked.map(async (place, number) => {
          const worktree = await place.open();
          const own: Checkpoint[] = [];
          for (let step = 0; step < 6; step += 1) {
            place.write(`${number}.txt`, `${step}\n`);
            const session = step % 2 === 0 ? 'roams' : `stays-${number}`;
            own.push((await place.checkpoint({ session }, worktree)).checkpoint);
          }
          return own;
        }),
      );
      await assertWhole(
        repo,
        taken.flat().sort((a, b) => a.step - b.step),
      );
    }),
  );

  it(
    'closes a segment by count: the old tip under its own ref, the new one grows from HEAD, history stays whole',
    inRepo(async (repo) => {
      const limits = { segmentCheckpoints: 3 };
      const taken: Checkpoint[] = [];
      for (let step = 0; step < 8; step += 1) {
        taken.push((await next(repo, { limits, session: `session-${step % 2}` })).checkpoint);
      }
      const head = repo.git('rev-parse', 'HEAD');
      const [first, , third, fourth, , sixth, seventh, eighth] = taken;
      assert.ok(first && third && fourth && sixth && seventh && eighth);
      assert.deepEqual(parents(repo, fourth.oid), [head]);
      assert.equal(repo.refs().get(segmentRef('main', first.segment)), third.oid);
      assert.equal(repo.refs().get(segmentRef('main', fourth.segment)), sixth.oid);
      assert.equal(repo.refs().get(shadowRef('main')), eighth.oid);
      assert.deepEqual(
        taken.map(({ opensSegment }) => opensSegment),
        [true, false, false, true, false, false, true, false],
      );
      await assertWhole(
        repo,
        [...taken].sort((a, b) => a.step - b.step),
      );
      const worktree = await repo.worktree();
      const newestFirst = taken.map(({ oid }) => oid).reverse();
      const listed = async (query: Parameters<typeof listCheckpoints>[1]): Promise<string[]> =>
        (await listCheckpoints(worktree, query)).map(({ oid }) => oid);
      assert.deepEqual(await listed({}), newestFirst, 'newest first, also within one second');
      assert.deepEqual(await listed({ worktreeKey: 'main', limit: 4 }), newestFirst.slice(0, 4));
      assert.deepEqual(await listed({ limit: 3, before: newestFirst[2] }), newestFirst.slice(3, 6));
      assert.deepEqual(
        await listed({ worktreeKey: 'main', limit: 3, before: newestFirst[4] }),
        newestFirst.slice(5, 8),
      );
    }),
  );

  it(
    'closes a segment by age',
    inRepo(async (repo) => {
      const first = (await next(repo)).checkpoint;
      const same = (await next(repo)).checkpoint;
      assert.equal(same.segment, first.segment);
      await new Promise((resolve) => setTimeout(resolve, 5));
      const fresh = (await next(repo, { limits: { segmentAge: 1 } })).checkpoint;
      assert.notEqual(fresh.segment, first.segment);
      assert.equal(repo.refs().get(segmentRef('main', first.segment)), same.oid);
      await assertWhole(repo, [first, same, fresh]);
    }),
  );

  it(
    'keeps the staged state reachable from each segment that speaks of it',
    inRepo(async (repo) => {
      repo.write('a.txt', 'staged\n');
      repo.git('add', 'a.txt');
      const limits = { segmentCheckpoints: 1 };
      const first = (await next(repo, { limits })).checkpoint;
      const second = (await next(repo, { limits })).checkpoint;
      assert.notEqual(second.segment, first.segment);
      assert.ok(second.staged !== undefined);
      assert.equal(repo.tryGit('merge-base', '--is-ancestor', second.staged, second.oid).code, 0);
    }),
  );

  it(
    'finds the checkpoints of one session among others whose names begin alike',
    inRepo(async (repo) => {
      const mine = (await next(repo, { session: 's1' })).checkpoint;
      for (let count = 0; count < 4; count += 1) {
        await next(repo, { session: 's10', message: 'Belay-Session: s1' });
      }
      const worktree = await repo.worktree();
      const listed = await listCheckpoints(worktree, { session: 's1', limit: 1 });
      assert.deepEqual(
        listed.map(({ oid }) => oid),
        [mine.oid],
      );
    }),
  );

  it(
    'refuses what is not a checkpoint by name',
    inRepo(async (repo) => {
      const { checkpoint } = await next(repo);
      const worktree = await repo.worktree();
      assert.equal((await readCheckpoint(worktree, checkpoint.oid.slice(0, 10))).oid, checkpoint.oid);
      assert.equal((await readCheckpoint(worktree, shadowRef('main'))).oid, checkpoint.oid);
      const blob = repo.git('rev-parse', 'HEAD:a.txt');
      for (const name of [
        repo.git('rev-parse', 'HEAD'),
        blob,
        'ffffffff',
        '',
        'HEAD',
        'x y',
        'refs/belay/none',
        '--all',
        `${checkpoint.oid}\ninfo HEAD`,
      ]) {
        await assert.rejects(
          readCheckpoint(worktree, name),
          { reason: 'unknown_checkpoint' },
          JSON.stringify(name),
        );
      }
      // The answers of the long-lived process are still in step with the questions.
      assert.deepEqual(await readCheckpoint(worktree, checkpoint.oid), checkpoint);
    }),
  );

  it(
    'works in a SHA-256 repository, segments and overflow included',
    inRepo(
      async (repo) => {
        const limits = { segmentCheckpoints: 2 };
        const taken = [await next(repo, { limits }), await next(repo, { limits })];
        const unlock = leaveLock(repo, shadowRef('main'));
        taken.push(await next(repo, { limits }));
        unlock();
        taken.push(await next(repo, { limits }), await next(repo, { limits }));
        assert.equal(taken[0]?.checkpoint.oid.length, 64);
        assert.deepEqual(overflows(repo), []);
        await assertWhole(
          repo,
          taken.map(({ checkpoint }) => checkpoint),
        );
      },
      { ...referencesAsFiles, objectFormat: 'sha256' },
    ),
  );

  it(
    'is each worktree’s own, also for linked worktrees named after the main one or after its escaped name',
    inRepo(async (repo) => {
      const places = [repo, repo.link('main'), repo.link('%6dain'), repo.link('current'), repo.link('a b')];
      const keys = new Set<string>();
      for (const [number, place] of places.entries()) {
        place.write('own.txt', `${number}\n`);
        const { checkpoint } = await place.checkpoint({ session: `session-${number}` });
        keys.add(checkpoint.worktree);
        assert.equal(repo.refs().get(shadowRef(checkpoint.worktree)), checkpoint.oid);
      }
      assert.equal(keys.size, places.length, [...keys].join(' '));
      assert.ok(keys.has('main'));
    }),
  );
});
