import assert from 'node:assert/strict';
import { oldestFirst, replayInObjects } from '../../src/sync/rebase';
import { GitRecorder } from '../support/git-recorder';
import { withNewestGit } from '../support/newestGit';
import { inRepo, type TestRepo } from '../support/repo';

/** Commits of one file each on a branch, and one beside them. */
function branches(repo: TestRepo, conflicting: boolean): void {
  repo.git('checkout', '--quiet', '-b', 'work');
  for (const name of ['one', 'two', 'three', 'four']) {
    repo.write(`${name}.txt`, `${name}\n`);
    repo.git('add', '--all');
    repo.git('commit', '--quiet', `--message=${name}`);
  }
  repo.git('checkout', '--quiet', 'main');
  for (const name of conflicting ? ['three.txt', 'four.txt'] : ['other.txt']) {
    repo.write(name, 'theirs\n');
  }
  repo.git('add', '--all');
  repo.git('commit', '--quiet', '--message=theirs');
}

async function counting<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly merging: number }> {
  const recorder = new GitRecorder();
  const before = process.env['PATH'];
  process.env['PATH'] = recorder.path;
  try {
    const result = await work();
    const merging = recorder.calls().filter(({ args }) => / merge-tree /.test(` ${args} `)).length;
    return { result, merging };
  } finally {
    process.env['PATH'] = before;
    recorder.remove();
  }
}

describe('what the newest git offers', () => {
  withNewestGit();

  it(
    'a rebase merges in one process, and comes to what git rebase comes to',
    inRepo(async (repo) => {
      branches(repo, false);
      const { result, merging } = await counting(async () => {
        const worktree = await repo.worktree();
        return replayInObjects(
          worktree,
          await oldestFirst(worktree, ['main..work']),
          repo.git('rev-parse', 'main'),
        );
      });
      assert.ok(result.clean);
      assert.equal(merging, 1);
      assert.equal(result.rewritten.size, 4);
      repo.git('checkout', '--quiet', 'work');
      repo.git('rebase', '--quiet', 'main');
      assert.equal(repo.git('rev-parse', `${result.tip}^{tree}`), repo.git('rev-parse', 'work^{tree}'));
      assert.equal(
        repo.git('log', '--format=%an %s', `main..${result.tip}`),
        repo.git('log', '--format=%an %s', 'main..work'),
      );
    }),
  );

  it(
    'it ends at the commit that conflicts, and names its files alone',
    inRepo(async (repo) => {
      branches(repo, true);
      const worktree = await repo.worktree();
      const onto = repo.git('rev-parse', 'main');
      const rebased = await replayInObjects(worktree, await oldestFirst(worktree, ['main..work']), onto);
      assert.ok(!rebased.clean);
      const three = repo.git('rev-parse', 'work~1');
      assert.equal(rebased.why, `${three.slice(0, 10)} conflicts with ${onto.slice(0, 10)} in three.txt.`);
    }),
  );
});
