import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { closeWorktree } from '../../src/git/worktree';
import { Network } from '../../src/network/network';
import type { Fetched, Fetcher } from '../../src/sync/request';
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

/** The objects of the whole history that are not here. */
function missing(repo: TestRepo): string[] {
  const listed = run(repo.folder, 'rev-list', '--objects', '--missing=print', 'origin/main').split('\n');
  return listed.filter((line) => line.startsWith('?'));
}

describe('sync: clones that do not hold everything, and several remotes', () => {
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

  for (const filter of ['blob:none', 'tree:0']) {
    it(
      `a partial clone (${filter}): what is missing comes through the bounded network, and only that`,
      inRepo(async (repo) => {
        const upstream = Upstream.of(repo);
        upstream.push({ 'deep/er/a.txt': 'a', 'deep/er/b.txt': 'b' });
        cloneInto(repo, upstream, `--filter=${filter}`);
        const worktree = await repo.open();
        const network = new Network({ limits: { timeLimit: 30_000, maxOperations: 4 } });
        upstream.push({ 'deep/er/old.txt': 'superseded' });
        upstream.push({ 'deep/er/a.txt': 'theirs', 'deep/er/old.txt': 'newer' });
        assert.equal(gist(await syncWorktree(worktree, network, asking)), 'fast_forwarded');
        assert.equal(repo.read('deep/er/a.txt').toString(), 'theirs');
        assert.ok(missing(repo).length > 0, 'older contents were not asked for');

        upstream.commit({ 'deep/er/b.txt': 'b\nours\n' });
        upstream.push({ 'deep/er/c.txt': 'theirs' });
        assert.equal(gist(await syncWorktree(worktree, network, asking)), 'diverged_rebased pinned');
        assert.equal(repo.read('deep/er/c.txt').toString(), 'theirs');

        upstream.push({ 'deep/er/b.txt': 'theirs' });
        repo.write('deep/er/a.txt', 'edited');
        const outcome = await syncWorktree(worktree, network, resetting);
        assert.equal(gist(outcome), 'diverged_recovered_by_reset reset asks pinned');
        assert.equal(repo.read('deep/er/b.txt').toString(), 'theirs');
        closeWorktree(worktree);
      }),
    );
  }

  it(
    'a partial clone whose remote does not give what is missing is left untouched, and says why',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      cloneInto(repo, upstream, '--filter=blob:none');
      const worktree = await repo.open();
      upstream.push({ 'a.txt': 'theirs' });
      const head = repo.git('rev-parse', 'HEAD');
      for (const [answer, words] of [
        [{ kind: 'done' }, 'failed: 1 of the objects that are needed did not come from origin.'],
        [{ kind: 'not_done', reason: 'timed_out', message: 'slow' }, 'timed out: slow'],
      ] as const) {
        const withoutContents: Fetcher = {
          ...plainFetch,
          fetch: (where, remote, options) =>
            options.objects === undefined
              ? plainFetch.fetch(where, remote, options)
              : Promise.resolve<Fetched>(answer),
        };
        for (const request of [asking, resetting]) {
          const outcome = await syncWorktree(worktree, withoutContents, request);
          assert.deepEqual([outcome.case, outcome.message], ['not_fetched', words]);
          assert.equal(repo.git('rev-parse', 'HEAD'), head);
          assert.equal(repo.git('status', '--porcelain'), '');
          assert.deepEqual(repo.refs('belay'), new Map());
        }
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
        ...plainFetch,
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
        ...plainFetch,
        fetch: () => Promise.resolve({ kind: 'not_done', reason: 'timed_out', message: 'slow' } as const),
      };
      const print = repo.fingerprint();
      const outcome = await syncWorktree(worktree, offline, asking);
      assert.deepEqual([outcome.case, outcome.message], ['not_fetched', 'timed out: slow']);
      assert.equal(repo.fingerprint(), print);
    }),
  );
});
