import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { changesOf } from '../../src/checkpoint/changes';
import { listCheckpoints, readCheckpoint } from '../../src/checkpoint/history';
import type { Checkpoint, CheckpointResult } from '../../src/checkpoint/checkpoint';
import { Git } from '../../src/git/git';
import { segmentRef, sessionRef, shadowRef } from '../../src/refs/names';
import { inRepo, referencesAsFiles, type TestRepo, type TestRequest } from '../support/repo';

/** Takes a checkpoint of something new, so that one is always made. */
async function next(repo: TestRepo, request: TestRequest = {}): Promise<CheckpointResult> {
  repo.write('work.txt', `${process.hrtime.bigint()}\n`);
  return repo.checkpoint(request);
}

function parents(repo: TestRepo, oid: string): string[] {
  return repo
    .git('rev-parse', `${oid}^@`)
    .split('\n')
    .filter((line) => line !== '');
}

function firstParents(repo: TestRepo, tip: string): string[] {
  return repo.git('rev-list', '--first-parent', tip).split('\n');
}

/** Asserts that every session's steps are 1, 2, 3, ... and that all are held and listed. */
async function assertWhole(repo: TestRepo, taken: readonly Checkpoint[]): Promise<void> {
  const steps = new Map<string, number[]>();
  for (const checkpoint of taken) {
    steps.set(checkpoint.session, [...(steps.get(checkpoint.session) ?? []), checkpoint.step]);
    assert.ok(repo.isHeld(checkpoint.oid), `${checkpoint.session} ${checkpoint.step} is not held by any ref`);
  }
  for (const [session, found] of steps) {
    assert.deepEqual(
      found,
      found.map((_, index) => index + 1),
      `the steps of ${session}`,
    );
  }
  const listed = await listCheckpoints(await repo.worktree());
  assert.deepEqual(listed.map(({ oid }) => oid).sort(), taken.map(({ oid }) => oid).sort());
}

function lockOf(repo: TestRepo, ref: string): string {
  return path.join(repo.commonDir, `${ref}.lock`);
}

function leaveLock(repo: TestRepo, ref: string): () => void {
  const file = lockOf(repo, ref);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, '');
  return () => {
    fs.rmSync(file);
  };
}

function overflows(repo: TestRepo): string[] {
  return [...repo.refs('belay').keys()].filter((name) => name.startsWith('refs/belay/overflow/'));
}

/** git after whose first such command something happens before Belay goes on. */
class InterruptedGit extends Git {
  private happened = false;

  constructor(
    private readonly command: string,
    private readonly happen: () => Promise<void>,
  ) {
    super();
  }

  override start(...call: Parameters<Git['start']>): ReturnType<Git['start']> {
    const child = super.start(...call);
    if (call[0][0] === this.command && !this.happened) {
      this.happened = true;
      const emit = child.emit.bind(child);
      child.emit = (event: string | symbol, ...args: unknown[]): boolean => {
        if (event !== 'close') {
          return emit(event, ...args);
        }
        // Whoever waits for its end waits for this as well.
        void this.happen().finally(() => emit(event, ...args));
        return true;
      };
    }
    return child;
  }
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

describe('a chain that others disturb', () => {
  for (const mode of ['whole', 'paths'] as const) {
    it(
      `never shows an older state of a file than the checkpoint before it (${mode})`,
      inRepo(async (repo) => {
        await next(repo);
        const other = await repo.open();
        let between: CheckpointResult | undefined;
        // Somebody who does not wait for a turn changes a file and lands just after ours has captured.
        const git = new InterruptedGit(mode === 'whole' ? 'status' : 'hash-object', async () => {
          repo.write('a.txt', 'newer\n');
          between = await repo.checkpoint({ session: 'session-2', limits: { lockWait: 0 } }, other);
        });
        repo.write('a.txt', 'older\n');
        const paths = mode === 'paths' ? { paths: ['a.txt', 'work.txt'] } : {};
        const ours = await repo.checkpoint({ always: true, ...paths }, await repo.open(git));
        assert.ok(between?.created);
        assert.deepEqual(parents(repo, ours.checkpoint.oid), [between.checkpoint.oid]);
        assert.equal(ours.attempts, 2);
        assert.deepEqual(repo.treeEntries(ours.checkpoint.oid), repo.diskEntries());
      }),
    );
  }

  const stuck: readonly (readonly [string, readonly string[]])[] = [
    ['the shadow ref', [shadowRef('main')]],
    ['the session’s ref', [sessionRef('session-1')]],
    ['both', [shadowRef('main'), sessionRef('session-1')]],
  ];
  for (const [what, refs] of stuck) {
    it(
      `lands beside a lock left behind on ${what}, and is folded in later`,
      inRepo(async (repo) => {
        const taken = [await next(repo)];
        const unlock = refs.map((ref) => leaveLock(repo, ref));
        const before = repo.fingerprint();
        const again = await repo.checkpoint({ always: true });
        assert.equal(repo.fingerprint(), before);
        taken.push(again);
        assert.match(again.ref, /^refs\/belay\/overflow\/main\//);
        assert.equal(repo.refs().get(again.ref), again.checkpoint.oid);
        assert.ok(again.warnings.length > 0, 'it says so');
        assert.equal(again.attempts, 1, 'a lock that stays is not tried again and again');
        // As another process would, still locked.
        repo.write('work.txt', 'still locked\n');
        taken.push(await repo.checkpoint({}, await repo.open()));
        assert.equal((await repo.checkpoint()).created, false, 'nothing new beside the chain either');
        for (const remove of unlock) {
          remove();
        }
        taken.push(await next(repo, { session: 'session-2' }), await next(repo));
        assert.deepEqual(overflows(repo), [], 'nothing waits any more');
        const checkpoints = taken.map(({ checkpoint }) => checkpoint);
        assert.equal(repo.refs().get(shadowRef('main')), checkpoints.at(-1)?.oid);
        await assertWhole(repo, checkpoints);
      }, referencesAsFiles),
    );
  }

  it(
    'lists what waits beside the chain as the newest there is',
    inRepo(async (repo) => {
      for (let count = 0; count < 4; count += 1) {
        await next(repo);
      }
      const unlock = leaveLock(repo, shadowRef('main'));
      const waiting = await next(repo);
      const listed = await listCheckpoints(await repo.worktree(), { worktreeKey: 'main', limit: 1 });
      unlock();
      assert.equal(listed[0]?.step, waiting.checkpoint.step);
    }, referencesAsFiles),
  );

  it(
    'numbers steps exactly when one session writes from two places and the queue does not hold them apart',
    inRepo(async (repo) => {
      const places = [await repo.open(), await repo.open(), await repo.open()];
      const taken = await Promise.all(
        places.map(async (worktree) => {
          const own: Checkpoint[] = [];
          for (let count = 0; count < 4; count += 1) {
            const limits = { lockWait: 0, attempts: 1 };
            own.push((await repo.checkpoint({ always: true, limits }, worktree)).checkpoint);
          }
          return own;
        }),
      );
      const checkpoints = taken.flat().sort((a, b) => a.step - b.step);
      const last = await next(repo);
      assert.deepEqual(overflows(repo), []);
      await assertWhole(repo, [...checkpoints, last.checkpoint]);
    }),
  );

  it(
    'sets a foreign commit aside, which stays reachable, and goes on below it',
    inRepo(async (repo) => {
      const one = (await next(repo)).checkpoint;
      const foreign = repo.git('commit-tree', '-p', one.oid, '-m', 'Foreign', `${one.oid}^{tree}`);
      repo.git('update-ref', shadowRef('main'), foreign);
      const two = (await next(repo, { paths: ['work.txt'] })).checkpoint;
      assert.deepEqual(parents(repo, two.oid), [one.oid], 'nothing is built upon it');
      assert.ok(repo.isHeld(foreign));
      await assertWhole(repo, [one, two]);
    }),
  );

  it(
    'goes on where it was when it is put on a commit that has nothing to do with it',
    inRepo(async (repo) => {
      const one = (await next(repo)).checkpoint;
      repo.git('update-ref', shadowRef('main'), repo.git('rev-parse', 'HEAD'));
      const two = (await next(repo)).checkpoint;
      const three = (await next(repo, { session: 'session-2' })).checkpoint;
      await assertWhole(repo, [one, two, three]);
    }),
  );

  const overwritten: readonly (readonly [string, (repo: TestRepo, older: string) => void])[] = [
    ['moves it back', (repo, older) => repo.git('update-ref', shadowRef('main'), older)],
    ['deletes it', (repo) => repo.git('update-ref', '-d', shadowRef('main'))],
    [
      'packs and deletes it',
      (repo) => (repo.git('pack-refs', '--all'), repo.git('update-ref', '-d', shadowRef('main'))),
    ],
  ];
  for (const [what, act] of overwritten) {
    it(
      `keeps every acknowledged checkpoint when a foreign program ${what}`,
      inRepo(async (repo) => {
        const taken: Checkpoint[] = [];
        for (let step = 0; step < 6; step += 1) {
          taken.push((await next(repo, { session: `session-${step % 2}` })).checkpoint);
        }
        act(repo, taken[1]?.oid ?? '');
        for (let step = 0; step < 4; step += 1) {
          taken.push((await next(repo, { session: `session-${step % 3}` })).checkpoint);
          for (const { oid } of taken) {
            assert.ok(repo.isHeld(oid));
          }
        }
        await assertWhole(
          repo,
          [...taken].sort((a, b) => a.step - b.step),
        );
      }),
    );
  }

  for (const follower of ['session-1', 'session-2']) {
    it(
      `is mended by ${follower} when a crash left the shadow ref moved and session-1's ref behind`,
      inRepo(async (repo) => {
        const one = (await next(repo)).checkpoint;
        const two = (await next(repo)).checkpoint;
        repo.git('update-ref', sessionRef('session-1'), one.oid, two.oid);
        const three = (await next(repo, { session: follower })).checkpoint;
        const four = (await next(repo, { session: 'session-1' })).checkpoint;
        assert.equal(three.step, follower === 'session-1' ? 3 : 1);
        await assertWhole(repo, [one, two, three, four]);
      }),
    );
  }

  it(
    'is mended when the crash came at the session’s very first checkpoint',
    inRepo(async (repo) => {
      const one = (await next(repo)).checkpoint;
      repo.git('update-ref', '-d', sessionRef('session-1'));
      const two = (await next(repo, { session: 'session-2' })).checkpoint;
      const three = (await next(repo)).checkpoint;
      await assertWhole(repo, [one, two, three]);
    }),
  );

  it(
    'is mended when the crash came and the session went on in another worktree',
    inRepo(async (repo) => {
      const one = (await next(repo)).checkpoint;
      const two = (await next(repo)).checkpoint;
      repo.git('update-ref', sessionRef('session-1'), one.oid, two.oid);
      const linked = repo.link('elsewhere');
      const three = (await next(linked)).checkpoint;
      await assertWhole(repo, [one, two, three]);
    }),
  );

  it(
    'is mended when the crash came between closing a segment and opening the next',
    inRepo(async (repo) => {
      const limits = { segmentCheckpoints: 2 };
      const one = (await next(repo, { limits })).checkpoint;
      const two = (await next(repo, { limits })).checkpoint;
      repo.git('update-ref', segmentRef('main', one.segment), one.oid);
      const three = (await next(repo, { limits })).checkpoint;
      assert.equal(repo.refs().get(segmentRef('main', one.segment)), two.oid);
      await assertWhole(repo, [one, two, three]);
    }),
  );

  for (const [what, content] of [
    ['garbage', 'garbage\n'],
    ['nothing', ''],
    ['zeros, as after a power cut', '\0'.repeat(41)],
    ['the id of an object that is gone', `${'ab'.repeat(20)}\n`],
  ] as const) {
    for (const ref of [shadowRef('main'), sessionRef('session-1')]) {
      it(
        `lands beside ${ref} and leaves it alone when it holds ${what}`,
        inRepo(async (repo) => {
          const taken = [await next(repo), await next(repo), await next(repo, { session: 'session-2' })];
          const file = path.join(repo.commonDir, ref);
          const good = fs.readFileSync(file);
          fs.writeFileSync(file, content);
          const before = repo.refs('belay').size;
          repo.write('work.txt', 'more\n');
          const landed = await repo.checkpoint({ limits: { attempts: 2 } });
          taken.push(landed);
          assert.equal(fs.readFileSync(file, 'latin1'), content, 'it is as it was');
          assert.match(landed.ref, /^refs\/belay\/overflow\//);
          assert.equal(repo.refs('belay').size, before + 1);
          fs.writeFileSync(file, good);
          taken.push(await next(repo), await next(repo, { session: 'session-2' }));
          assert.deepEqual(overflows(repo), []);
          await assertWhole(
            repo,
            taken.map(({ checkpoint }) => checkpoint),
          );
        }, referencesAsFiles),
      );
    }
  }
});
