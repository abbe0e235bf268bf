import assert from 'node:assert/strict';
import { pickCommits } from '../../src/sync/pick';
import { inRepo, type TestRepo } from '../support/repo';
import { asking } from './upstream';

function commit(repo: TestRepo, name: string, content: string, message: string): string {
  repo.write(name, content);
  repo.git('add', '--', name);
  repo.git('commit', '--quiet', '--message', message);
  return repo.git('rev-parse', 'HEAD');
}

describe('dropped commits are picked back', () => {
  it(
    'the chosen ones, the oldest first, with what is not committed kept',
    inRepo(async (repo) => {
      const one = commit(repo, 'one.txt', 'one\n', 'One');
      commit(repo, 'two.txt', 'two\n', 'Two');
      const three = commit(repo, 'one.txt', 'one and three\n', 'Three');
      repo.git('reset', '--hard', '--quiet', 'HEAD~3');
      const mine = commit(repo, 'mine.txt', 'mine\n', 'Mine');
      repo.write('a.txt', 'not committed\n');
      repo.write('staged.txt', 'staged\n');
      repo.git('add', 'staged.txt');
      const picked = await pickCommits(await repo.worktree(), [three, one], asking);
      assert.deepEqual([picked.from, picked.branch], [mine, 'refs/heads/main']);
      assert.equal(repo.git('rev-parse', 'HEAD'), picked.to);
      assert.equal(repo.git('log', '--format=%s', '-3'), 'Three\nOne\nMine');
      assert.equal(repo.git('status', '--porcelain'), ' M a.txt\nA  staged.txt');
      assert.equal(repo.read('one.txt').toString(), 'one and three\n');
      await assert.rejects(pickCommits(await repo.worktree(), [three], asking), { reason: 'cannot_pick' });
    }),
  );

  it(
    'all or none: a conflict, a merge, a detached HEAD, or work in the way leave everything as it is',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const theirs = commit(repo, 'a.txt', 'theirs\n', 'Theirs');
      const other = commit(repo, 'other.txt', 'other\n', 'Other');
      repo.git('reset', '--hard', '--quiet', 'HEAD~2');
      commit(repo, 'a.txt', 'ours\n', 'Ours');
      const refuses = async (chosen: string[], reason: string): Promise<void> => {
        const before = repo.fingerprint();
        await assert.rejects(pickCommits(worktree, chosen, asking), { reason });
        assert.equal(repo.fingerprint(), before);
      };
      await refuses([theirs, other], 'cannot_pick');
      repo.git('switch', '--quiet', '-c', 'side', 'HEAD~1');
      commit(repo, 'side.txt', 'side\n', 'Side');
      repo.git('switch', '--quiet', 'main');
      repo.git('merge', '--quiet', '--no-edit', 'side');
      const merge = repo.git('rev-parse', 'HEAD');
      repo.git('reset', '--hard', '--quiet', 'HEAD~1');
      await refuses([merge], 'cannot_pick');
      repo.write('other.txt', 'untracked, in the way\n');
      await refuses([other], 'uncommitted_in_the_way');
      repo.remove('other.txt');
      repo.git('switch', '--quiet', '--detach');
      await refuses([other], 'cannot_pick');
    }),
  );
});
