import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { closeWorktree } from '../../src/git/worktree';
import { syncWorktree } from '../../src/sync/sync';
import { inRepo, type TestRepo } from '../support/repo';
import { gist, Watch } from './support';
import { asking, plainFetch, resetting, Upstream } from './upstream';

function run(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** The repository, but as a clone of its own upstream that was made with these options. */
function cloneInto(repo: TestRepo, { bare }: Upstream, ...options: string[]): void {
  run(bare, 'config', 'uploadpack.allowFilter', 'true');
  run(bare, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  fs.rmSync(repo.folder, { recursive: true });
  run(repo.base, 'clone', '--quiet', ...options, `file://${bare}`, repo.folder);
}

describe('sync: clones that do not hold everything, and several remotes', function () {
  this.timeout(60_000);

  for (const [how, expected] of [
    ['ask', 'diverged_held asks pinned'],
    ['reset', 'diverged_recovered_by_reset reset asks pinned'],
  ] as const) {
    it(
      `a shallow clone: forward, rebased, and a conflict (${how})`,
      inRepo(async (repo) => {
        const upstream = Upstream.of(repo);
        upstream.push({ 'one.txt': '1' });
        upstream.push({ 'two.txt': '2' });
        cloneInto(repo, upstream, '--depth=1');
        const worktree = await repo.open();
        const request = how === 'ask' ? asking : resetting;
        upstream.push({ 'three.txt': '3' });
        assert.equal(gist(await syncWorktree(worktree, plainFetch, request)), 'fast_forwarded');
        upstream.commit({ 'a.txt': 'ours' });
        upstream.push({ 'four.txt': '4' });
        assert.equal(gist(await syncWorktree(worktree, plainFetch, request)), 'diverged_rebased pinned');
        upstream.push({ 'a.txt': 'theirs' });
        repo.write('a.txt', 'edited');
        const watch = new Watch(repo);
        const outcome = await syncWorktree(worktree, plainFetch, request);
        assert.equal(gist(outcome), expected);
        watch.nothingLost(outcome.checkpoint);
        closeWorktree(worktree);
      }),
    );
  }

  it(
    'a partial clone whose contents are here syncs; one that lacks them is left untouched, at once, and says what to do',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      cloneInto(repo, upstream, '--filter=blob:none');
      const worktree = await repo.open();
      for (const local of [false, true]) {
        if (local) {
          upstream.commit({ 'ours.txt': 'ours' });
        }
        const tip = upstream.push({ 'a.txt': `theirs ${String(local)}` });
        run(repo.folder, 'fetch', '--quiet');
        const watch = new Watch(repo);
        const began = performance.now();
        for (const request of [asking, resetting]) {
          await assert.rejects(syncWorktree(worktree, plainFetch, request), (thrown: unknown) => {
            assert.ok(thrown instanceof Error && 'reason' in thrown);
            assert.equal(thrown.reason, 'git_failed');
            assert.match(thrown.message, /partial clone.*git pull --rebase/);
            return true;
          });
        }
        // Only now: looking at everything makes the tests' own git fetch it.
        watch.untouched();
        assert.ok(performance.now() - began < 15_000);
        // What the words say helps: once git has the contents, it goes on.
        run(repo.folder, 'cat-file', '-p', `${tip}:a.txt`);
        const outcome = await syncWorktree(worktree, plainFetch, asking);
        assert.equal(gist(outcome), local ? 'diverged_rebased pinned' : 'fast_forwarded');
        watch.nothingLost(outcome.checkpoint);
      }
      closeWorktree(worktree);
    }),
  );

  it(
    'of several remotes the one that the branch follows',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const other = path.join(repo.base, 'other.git');
      run(repo.base, 'clone', '--quiet', '--bare', repo.folder, other);
      repo.git('remote', 'add', 'fork', other);
      repo.git('fetch', '--quiet', 'fork');
      repo.git('checkout', '--quiet', '-b', 'topic', '--track', 'fork/main');
      const tip = upstream.push({ 'a.txt': 'theirs' });
      const asked: string[] = [];
      const fetcher = {
        fetch: (where: Parameters<typeof plainFetch.fetch>[0], remote: string) => {
          asked.push(remote);
          return plainFetch.fetch(where, remote, {});
        },
      };
      const worktree = await repo.worktree();
      assert.equal((await syncWorktree(worktree, fetcher, asking)).case, 'up_to_date');
      repo.git('checkout', '--quiet', 'main');
      assert.equal((await syncWorktree(worktree, fetcher, asking)).to, tip);
      assert.deepEqual(asked, ['fork', 'origin']);
      const offline = {
        fetch: () => Promise.resolve({ kind: 'not_done', because: 'timed_out', words: 'slow' } as const),
      };
      const print = repo.fingerprint();
      const outcome = await syncWorktree(worktree, offline, asking);
      assert.deepEqual([outcome.case, outcome.words], ['not_fetched', 'timed out: slow']);
      assert.equal(repo.fingerprint(), print);
    }),
  );
});
