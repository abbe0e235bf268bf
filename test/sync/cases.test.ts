import assert from 'node:assert/strict';
import { readDecision } from '../../src/decisions/read';
import { syncWorktree } from '../../src/sync/sync';
import { inRepo } from '../support/repo';
import { asking, plainFetch, resetting, Upstream } from './upstream';

describe('a sync ends in one of its cases, and loses nothing', () => {
  it(
    'up to date, ahead, behind',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const worktree = await repo.worktree();
      const before = repo.fingerprint();
      assert.equal((await syncWorktree(worktree, plainFetch, asking)).case, 'up_to_date');
      assert.equal(repo.fingerprint(), before);
      const tip = upstream.push({ 'a.txt': 'theirs\n', 'new/file.txt': 'new\n', 'folder/b.txt': undefined });
      repo.write('untracked.txt', 'mine\n');
      repo.write('staged.txt', 'staged\n');
      repo.git('add', 'staged.txt');
      const forwarded = await syncWorktree(worktree, plainFetch, asking);
      assert.deepEqual([forwarded.case, forwarded.to], ['fast_forwarded', tip]);
      assert.equal(repo.git('rev-parse', 'HEAD'), tip);
      assert.equal(repo.git('status', '--porcelain'), 'A  staged.txt\n?? untracked.txt');
      assert.equal(repo.read('a.txt').toString(), 'theirs\n');
      const local = upstream.commit({ 'a.txt': 'ours\n' });
      const ahead = await syncWorktree(worktree, plainFetch, asking);
      assert.deepEqual([ahead.case, ahead.to], ['local_ahead', local]);
    }),
  );

  it(
    'a branch that is a second name of another one stays that, and the other one moves',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const tip = upstream.push({ 'a.txt': 'theirs\n' });
      repo.git('symbolic-ref', 'refs/heads/second', 'refs/heads/main');
      repo.git('symbolic-ref', 'HEAD', 'refs/heads/second');
      repo.git('config', 'branch.second.remote', repo.git('config', 'branch.main.remote'));
      repo.git('config', 'branch.second.merge', 'refs/heads/main');
      const forwarded = await syncWorktree(await repo.worktree(), plainFetch, asking);
      assert.deepEqual([forwarded.case, forwarded.to], ['fast_forwarded', tip]);
      assert.equal(repo.git('rev-parse', 'main'), tip);
      assert.equal(repo.git('symbolic-ref', '--no-recurse', 'refs/heads/second'), 'refs/heads/main');
    }),
  );

  it(
    'diverged and clean: rebased onto the remote tip, uncommitted work kept, the old tip pinned',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const worktree = await repo.worktree();
      const local = upstream.commit({ 'folder/b.txt': 'local\n' }, 'First');
      const second = upstream.commit({ 'more.txt': 'local too\n' }, 'Second');
      assert.notEqual(local, second);
      const tip = upstream.push({ 'a.txt': 'theirs\n' });
      repo.write('more.txt', 'not committed\n');
      repo.write('untracked.txt', 'mine\n');
      const outcome = await syncWorktree(worktree, plainFetch, asking);
      assert.equal(outcome.case, 'diverged_rebased', outcome.message);
      assert.equal(repo.git('rev-parse', 'HEAD~2'), tip);
      assert.equal(repo.git('log', '--format=%s', '-2'), 'Second\nFirst');
      assert.equal(repo.git('status', '--porcelain'), ' M more.txt\n?? untracked.txt');
      assert.equal(repo.git('rev-parse', outcome.backup ?? ''), second);
      assert.equal(await readDecision(worktree, 'main'), undefined);
    }),
  );

  it(
    'diverged with a conflict, asking: everything stays, a person is asked',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const worktree = await repo.worktree();
      const local = upstream.commit({ 'a.txt': 'ours\n' });
      const tip = upstream.push({ 'a.txt': 'theirs\n' });
      repo.write('a.txt', 'not committed\n');
      const outcome = await syncWorktree(worktree, plainFetch, asking);
      assert.equal(outcome.case, 'diverged_held');
      assert.equal(repo.git('rev-parse', 'HEAD'), local);
      assert.equal(repo.git('status', '--porcelain'), ' M a.txt');
      const decision = await readDecision(worktree, 'main');
      assert.deepEqual([decision?.id, decision?.status, decision?.to], [outcome.decision, 'pending', tip]);
      assert.deepEqual(decision?.options, ['keep_my_commits', 'reset_to_upstream', 'abort']);
      assert.equal(repo.git('rev-parse', decision.backups[0] ?? ''), local);
      await assert.rejects(syncWorktree(worktree, plainFetch, asking), { reason: 'decision_pending' });
    }),
  );

  it(
    'diverged with a conflict, resetting: reset to the upstream, acknowledged by a person',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const worktree = await repo.worktree();
      const local = upstream.commit({ 'a.txt': 'ours\n', 'gone.txt': 'ours\n' });
      const tip = upstream.push({ 'a.txt': 'theirs\n', 'untracked.txt': 'theirs\n' });
      repo.write('folder/b.txt', 'not committed\n');
      repo.write('untracked.txt', 'mine\n');
      repo.write('other.txt', 'stays\n');
      const files = repo.diskEntries();
      const outcome = await syncWorktree(worktree, plainFetch, resetting);
      assert.deepEqual(
        [outcome.case, outcome.hardReset, outcome.to],
        ['diverged_recovered_by_reset', true, tip],
      );
      assert.equal(repo.git('rev-parse', 'HEAD'), tip);
      assert.equal(repo.git('status', '--porcelain'), '?? other.txt');
      assert.equal(repo.git('rev-parse', outcome.backup ?? ''), local);
      assert.deepEqual(repo.treeEntries(outcome.checkpoint ?? ''), files);
      assert.deepEqual(outcome.dropped, [{ oid: local, subject: 'Local work' }]);
    }),
  );
});
