import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { listCheckpoints } from '../../src/checkpoint/history';
import type { Checkpoint, CheckpointResult } from '../../src/checkpoint/checkpoint';
import { Git } from '../../src/git/git';
import { segmentRef, sessionRef, shadowRef } from '../../src/refs/names';
import { inRepo, referencesAsFiles, type TestRepo } from '../support/repo';
import { next, parents, assertWhole, leaveLock, overflows } from './chainSupport';

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
