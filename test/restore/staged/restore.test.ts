import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { BelayError } from '../../../src/errors';
import { readIndexFile, replaceUserIndex, userIndexPath } from '../../../src/git/indexFile';
import { pathText, type GitPath } from '../../../src/git/path';
import { planStaged } from '../../../src/restore/staged/planStaged';
import { readStagedState } from '../../../src/restore/staged/stagedState';
import { inRepo, type TestRepo } from '../../support/repo';
import { besideIndex, bring, indexBytes, inLong, person, reasonOf, staged, take, takeBack } from './support';

function names(paths: readonly (GitPath | { readonly path: GitPath })[]): string[] {
  return paths.map((one) => pathText(typeof one === 'string' ? one : one.path)).sort();
}

/** What `git diff --cached` names. */
function cached(repo: TestRepo): string {
  return repo.git('diff-index', '--cached', '--name-status', '--no-renames', 'HEAD');
}

describe('staged state', () => {
  it(
    'is told by path: what differed from HEAD, and what of it is in no file',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      assert.equal(await readStagedState(worktree, await take(repo)), undefined);
      repo.write('a.txt', 'staged\n');
      repo.write('both.txt', 'staged and on disk\n');
      repo.git('add', '--all');
      repo.git('rm', '--cached', '--quiet', 'folder/b.txt');
      repo.write('a.txt', 'on disk\n');
      repo.write('intended.txt', 'no content yet\n');
      repo.git('add', '--intent-to-add', 'intended.txt');
      const state = await readStagedState(worktree, await take(repo));
      assert.deepEqual(
        state?.changes.map(({ path: name, kind, inFiles }) => [name, kind, inFiles]),
        [
          ['a.txt', 'modified', false],
          ['both.txt', 'added', true],
          ['folder/b.txt', 'deleted', false],
        ],
      );
    }),
  );

  inLong(
    'comes back by path, also where it was committed over, and leaves what is committed since alone',
    inRepo(async (repo) => {
      repo.write('a.txt', 'staged\n');
      repo.write('dir/x.txt', 'x\n');
      repo.write('dir/y.txt', 'y\n');
      repo.git('add', '--all');
      const target = await take(repo);
      repo.git('reset', '--quiet', '--hard');
      repo.write('folder/b.txt', 'committed since\n');
      repo.write('dir/y.txt', 'y\n');
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=Since');
      await take(repo);
      const first = await bring(repo, target, { paths: ['dir'] });
      assert.deepEqual(names(first.staged), ['dir/x.txt'], 'the other one is committed as it was staged');
      assert.equal(cached(repo), 'A\tdir/x.txt');
      await bring(repo, target);
      assert.equal(cached(repo), 'M\ta.txt\nA\tdir/x.txt');
      assert.equal(await reasonOf(bring(repo, target)), 'nothing_to_restore');
      assert.equal(
        await reasonOf(bring(repo, await take(repo, 's9'), { paths: ['nowhere'] })),
        'nothing_to_restore',
      );
    }),
  );

  inLong(
    'exchanges files and folders as a whole, or leaves both and says so',
    inRepo(async (repo) => {
      repo.write('x', 'a file\n');
      repo.git('add', 'x');
      const asFile = await take(repo);
      repo.git('rm', '--cached', '--quiet', 'x');
      repo.remove('x');
      repo.write('x/one.txt', '1\n');
      repo.write('x/two.txt', '2\n');
      repo.git('add', 'x');
      const asFolder = await take(repo);
      const half = await bring(repo, asFile, { paths: ['x/one.txt'] });
      assert.deepEqual([names(half.unstaged), names(half.blocked)], [['x/one.txt'], []]);
      await takeBack(repo);
      await bring(repo, asFile);
      assert.equal(cached(repo), 'A\tx');
      await take(repo);
      const one = await bring(repo, asFolder, { paths: ['x/one.txt'] });
      assert.deepEqual(one.blocked, [{ path: 'x/one.txt', reason: 'in_the_way' }]);
      assert.equal(one.before, undefined, 'there was nothing to write');
      assert.equal(cached(repo), 'A\tx');
      await bring(repo, asFolder);
      assert.equal(cached(repo), 'A\tx/one.txt\nA\tx/two.txt');
      await takeBack(repo);
      assert.equal(cached(repo), 'A\tx');
    }),
  );

  it(
    'leaves alone what was staged since, by nobody or by another live session, unless it is included',
    inRepo(async (repo) => {
      repo.write('a.txt', 'then\n');
      repo.write('b.txt', 'then\n');
      repo.write('c.txt', 'then\n');
      repo.git('add', '--all');
      const target = await take(repo);
      repo.write('b.txt', 'by s2\n');
      repo.git('add', 'b.txt');
      await take(repo, 's2');
      repo.write('a.txt', 'by nobody\n');
      repo.git('add', 'a.txt');
      repo.git('reset', '--quiet', 'c.txt');
      const plan = await planStaged(await repo.worktree(), target, { session: person.session });
      assert.deepEqual(
        plan.paths.map(({ path: name, caution, writtenBy }) => [name, caution, writtenBy]),
        [
          ['a.txt', 'drifted', undefined],
          ['b.txt', 'other_session', 's2'],
          ['c.txt', undefined, undefined],
        ],
        'where nothing is staged now, nothing can be lost',
      );
      const before = staged(repo);
      const result = await bring(repo, target);
      assert.deepEqual([names(result.staged), names(result.skipped)], [['c.txt'], ['a.txt', 'b.txt']]);
      await takeBack(repo);
      assert.equal(staged(repo), before);
      await bring(repo, target, { include: ['b.txt'] });
      assert.equal(repo.git('show', ':b.txt'), 'then');
      assert.equal(repo.git('show', ':a.txt'), 'by nobody');
    }),
  );

  it(
    'is taken back by path where somebody has staged something since, and what they staged stays',
    inRepo(async (repo) => {
      repo.write('a.txt', 'then\n');
      repo.write('b.txt', 'then\n');
      repo.git('add', '--all');
      const target = await take(repo);
      repo.git('reset', '--quiet', '--hard');
      repo.git('update-index', '--skip-worktree', 'a.txt');
      await take(repo);
      await bring(repo, target);
      repo.write('mine.txt', 'mine\n');
      repo.write('b.txt', 'mine\n');
      repo.git('add', 'mine.txt', 'b.txt');
      const undone = await takeBack(repo);
      assert.deepEqual([names(undone.staged), names(undone.skipped)], [['a.txt'], ['b.txt']]);
      assert.equal(undone.exact, false);
      assert.equal(cached(repo), 'A\tb.txt\nA\tmine.txt');
      assert.equal(repo.git('ls-files', '-v', 'a.txt'), 'S a.txt');
      assert.equal(repo.git('show', ':b.txt'), 'mine');
    }),
  );

  inLong(
    'says of paths that were in conflict that they are left',
    inRepo(async (repo) => {
      conflict(repo);
      repo.write('fine.txt', 'fine\n');
      repo.git('add', 'fine.txt');
      const target = await take(repo);
      repo.git('merge', '--abort');
      repo.git('rm', '--cached', '--quiet', '--ignore-unmatch', 'fine.txt');
      const result = await bring(repo, target);
      assert.deepEqual(result.blocked, [{ path: 'a.txt', reason: 'was_in_conflict' }]);
      assert.equal(cached(repo), 'A\tfine.txt');
    }),
  );
});

/** Leaves the repository in a merge with `a.txt` in conflict. */
function conflict(repo: TestRepo): void {
  repo.git('branch', 'other');
  repo.write('a.txt', 'ours\n');
  repo.git('commit', '--quiet', '--all', '--message=Ours');
  repo.git('checkout', '--quiet', 'other');
  repo.write('a.txt', 'theirs\n');
  repo.git('commit', '--quiet', '--all', '--message=Theirs');
  repo.git('checkout', '--quiet', 'main');
  repo.tryGit('merge', 'other');
}

/** States in which the index is somebody else's, and why it is refused then. */
const refusals: Readonly<Record<string, readonly [reason: string, (repo: TestRepo) => void]>> = {
  'a merge': ['operation_under_way', conflict],
  'a rebase': [
    'operation_under_way',
    (repo) => {
      operation(repo, 'rebase', 'other');
    },
  ],
  'a cherry-pick': [
    'operation_under_way',
    (repo) => {
      operation(repo, 'cherry-pick', 'other');
    },
  ],
  'a revert': [
    'operation_under_way',
    (repo) => {
      operation(repo, 'revert', 'HEAD~1');
    },
  ],
  'a conflict that no operation has left': [
    'index_in_conflict',
    (repo) => {
      conflict(repo);
      fs.rmSync(path.join(repo.gitDir, 'MERGE_HEAD'));
    },
  ],
  'a lock file': [
    'index_locked',
    (repo) => {
      fs.writeFileSync(path.join(repo.gitDir, 'index.lock'), '');
    },
  ],
};

function operation(repo: TestRepo, verb: string, what: string): void {
  conflict(repo);
  repo.git('merge', '--abort');
  repo.write('a.txt', 'more\n');
  repo.git('commit', '--quiet', '--all', '--message=More');
  assert.notEqual(repo.tryGit(verb, what).code, 0);
}

describe('a restore of staged state is refused, and changes nothing, in', () => {
  for (const [name, [reason, arrange]] of Object.entries(refusals)) {
    (['a merge', 'a lock file'].includes(name) ? it : inLong)(
      name,
      inRepo(async (repo) => {
        repo.write('new.txt', 'staged\n');
        repo.git('add', 'new.txt');
        const target = await take(repo);
        repo.git('reset', '--quiet', '--hard');
        arrange(repo);
        const [before, refs] = [repo.fingerprint(), repo.refs('belay')];
        assert.equal(await reasonOf(bring(repo, target)), reason);
        assert.equal(repo.fingerprint(), before);
        assert.deepEqual(repo.refs('belay'), refs, 'no checkpoint was taken for it');
      }),
    );
  }

  inLong(
    'no bisect, which keeps nothing in the index',
    inRepo(async (repo) => {
      repo.write('new.txt', 'staged\n');
      repo.git('add', 'new.txt');
      const target = await take(repo);
      repo.git('reset', '--quiet', '--hard');
      repo.git('bisect', 'start');
      await bring(repo, target);
      assert.equal(cached(repo), 'A\tnew.txt');
    }),
  );
});

describe('the index is replaced', () => {
  it(
    'only where it still is what was seen, under the lock, and what the check refuses leaves it alone',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const seen = await readIndexFile(userIndexPath(worktree));
      repo.write('new.txt', 'staged\n');
      repo.git('add', 'new.txt');
      const [now, rest] = [indexBytes(repo), besideIndex(repo)];
      const fine = (): Promise<void> => Promise.resolve();
      assert.equal(await replaceUserIndex(worktree, seen, seen, fine), false);
      assert.deepEqual(indexBytes(repo), now);
      const locked = path.join(repo.gitDir, 'index.lock');
      const wanted = await readIndexFile(userIndexPath(worktree));
      await assert.rejects(
        replaceUserIndex(worktree, wanted, seen, () => {
          assert.ok(fs.existsSync(locked), 'it is asked under the lock');
          throw new BelayError('cancelled', 'No.');
        }),
        /No\./,
      );
      assert.deepEqual(indexBytes(repo), now);
      assert.equal(fs.existsSync(locked), false);
      fs.chmodSync(userIndexPath(worktree), 0o640);
      assert.equal(await replaceUserIndex(worktree, wanted, seen, fine), true);
      assert.deepEqual(indexBytes(repo), seen.content);
      assert.equal(fs.statSync(userIndexPath(worktree)).mode & 0o777, 0o640);
      assert.equal(fs.existsSync(locked), false);
      assert.equal(besideIndex(repo), rest);
    }),
  );
});
