import assert from 'node:assert/strict';
import { setPin } from '../../src/fanout/pin';
import type { Worktree } from '../../src/git/worktree';
import { claimLease } from '../../src/leases/claim';
import { openGuard } from '../../src/leases/guard';
import { leaseRef } from '../../src/leases/resource';
import { setAside } from '../../src/refs/foreign';
import { overflowPrefix, pinRef, shadowRef, staleRef } from '../../src/refs/names';
import { Gate } from '../support/gate';
import { claim, place, refused, session } from '../support/leases';
import { start } from '../support/processes';
import { inRepo, referencesAsFiles, type TestRepo, type TestRepoOptions } from '../support/repo';
import { sized } from '../support/size';

/** What writes an object and then a reference to it: git may clear the object away in between. */
const writes: readonly {
  readonly what: string;
  /** What only the lines of its transaction have. */
  readonly pattern: string;
  readonly options?: TestRepoOptions;
  readonly prepare?: (repo: TestRepo) => Promise<unknown> | (() => void);
  readonly write: (repo: TestRepo, worktree: Worktree) => Promise<unknown>;
}[] = [
  {
    what: 'a checkpoint',
    pattern: `${shadowRef('main')} `,
    write: async (repo, worktree) => {
      const taken = await repo.checkpoint({}, worktree);
      assert.ok(taken.created);
      assert.equal(repo.git('show', `${taken.checkpoint.oid}:work.txt`), 'new');
    },
  },
  {
    what: 'a checkpoint beside the chain',
    options: referencesAsFiles,
    pattern: `create ${overflowPrefix}`,
    prepare: (repo) => place(repo, `${shadowRef('main')}.lock`, ''),
    write: async (repo, worktree) => {
      const taken = await repo.checkpoint({}, worktree);
      assert.equal(repo.git('show', `${taken.ref}:work.txt`), 'new');
    },
  },
  {
    what: 'a stale checkpoint',
    pattern: staleRef('main', 'session-1'),
    prepare: (repo) => claim(repo, session('session-1'), 'one'),
    write: async (repo, worktree) => {
      const { kept } = await refused(repo.checkpoint({}, worktree), 'lease_required');
      assert.equal(repo.git('show', `${kept?.ref ?? ''}:work.txt`), 'new');
    },
  },
  {
    what: 'a lease',
    pattern: leaseRef(session('s1')),
    write: (_, worktree) => claimLease(worktree, session('s1'), { owner: 'one' }),
  },
  {
    what: 'a pin',
    pattern: pinRef('p'),
    write: async (repo, worktree) =>
      setPin(worktree, await openGuard(worktree, {}), {
        name: 'p',
        commit: repo.git('rev-parse', 'HEAD'),
        source: 'HEAD',
        ref: undefined,
        remote: undefined,
        session: 's',
        agent: 'test',
      }),
  },
  {
    what: 'what is set aside',
    pattern: 'create refs/belay/foreign/',
    prepare: (repo) => Promise.resolve(repo.git('update-ref', shadowRef('main'), 'HEAD^{tree}')),
    write: async (_, worktree) => {
      assert.ok(await setAside(worktree, shadowRef('main')));
    },
  },
];

describe('`git gc --prune=now` beside a writer', () => {
  for (const { what, pattern, options, prepare, write } of writes) {
    it(
      `takes the objects of ${what} before a reference names them: they are written again`,
      inRepo(async (repo) => {
        await repo.checkpoint({ always: true });
        await prepare?.(repo);
        const gate = new Gate(repo);
        const writer = await repo.open(gate.git());
        repo.write('work.txt', 'new\n');
        await gate.between(
          pattern,
          () => write(repo, writer),
          () => Promise.resolve(repo.git('prune', '--expire=now')),
        );
        repo.git('fsck', '--connectivity-only');
      }, options),
    );
  }

  const each = sized({ short: 4, long: 60 });
  it(
    `again and again, beside 3 sessions x ${each} checkpoints: each is taken and holds what was there`,
    inRepo(async (repo) => {
      let acknowledged = 0;
      let next = Promise.resolve();
      // Once for each checkpoint that is acknowledged, in the midst of the others: one after the other leaves nobody a chance.
      const clear = (): void => {
        acknowledged += 1;
        next = next.then(async () => {
          await start('git', ['prune', '--expire=now'], { cwd: repo.folder }).ended;
        });
      };
      await Promise.all(
        ['one', 'two', 'three'].map(async (name) => {
          const worktree = await repo.open();
          for (let step = 1; step <= each; step += 1) {
            const content = `${name} ${step}`;
            repo.write(`${name}.txt`, `${content}\n`);
            const { checkpoint } = await repo.checkpoint({ session: name }, worktree);
            clear();
            assert.equal(repo.git('show', `${checkpoint.oid}:${name}.txt`), content);
          }
        }),
      );
      await next;
      assert.equal(acknowledged, 3 * each);
      repo.git('fsck', '--connectivity-only');
    }),
  );
});
