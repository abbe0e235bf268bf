import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fanOut, type RepositoryTargets } from '../../src/fanout/fanout';
import type { FanOutOutcome } from '../../src/fanout/fanOutOutcome';
import { findPin, type Pin } from '../../src/fanout/pin';
import type { Fetcher } from '../../src/fanout/resolve';
import { Git } from '../../src/git/git';
import { closeWorktree, openWorktree, type Worktree } from '../../src/git/worktree';
import { inRepo, type TestRepo } from '../support/repo';
import { Upstream } from '../sync/upstream';
import { commit, CountedNetwork, git, linkBranch, pinTo, who } from './support';

/** Other clones of the same upstream, as several folders of one workspace would be. */
class Clones {
  readonly folders: string[] = [];
  private readonly opened: Worktree[] = [];

  constructor(
    private readonly repo: TestRepo,
    private readonly upstream: Upstream,
  ) {}

  add(name: string, ...options: readonly string[]): string {
    const folder = path.join(this.repo.base, name);
    git(this.repo.base, 'clone', '--quiet', ...options, `file://${this.upstream.bare}`, folder);
    this.folders.push(folder);
    return folder;
  }

  async fleets(): Promise<RepositoryTargets[]> {
    const fleets: RepositoryTargets[] = [];
    for (const folder of this.folders) {
      const repository = await openWorktree(new Git(), folder);
      this.opened.push(repository);
      fleets.push({ repository });
    }
    return fleets;
  }

  close(): void {
    this.opened.forEach((worktree) => {
      closeWorktree(worktree);
    });
  }
}

async function withClones(
  repo: TestRepo,
  work: (scene: { upstream: Upstream; clones: Clones; worktree: Worktree }) => Promise<void>,
): Promise<void> {
  const upstream = Upstream.of(repo);
  // The address of the clones, so that it is the same remote.
  repo.git('remote', 'set-url', 'origin', `file://${upstream.bare}`);
  const clones = new Clones(repo, upstream);
  try {
    await work({ upstream, clones, worktree: await repo.worktree() });
  } finally {
    clones.close();
  }
}

async function bringClones(
  home: Worktree,
  pin: Pin,
  clones: Clones,
  fetcher: Fetcher,
): Promise<FanOutOutcome[]> {
  return fanOut(home, pin, await clones.fleets(), fetcher, who);
}

const short = (outcomes: readonly FanOutOutcome[]): string[] => outcomes.map(({ outcome }) => outcome);

describe('fan-out: other clones of the same remote', () => {
  it(
    'each fetches exactly the pinned commit, once, however many worktrees it has; home fetches nothing',
    inRepo((repo) =>
      withClones(repo, async ({ upstream, clones, worktree }) => {
        for (const name of ['one', 'two']) {
          const folder = clones.add(name);
          for (const linked of ['x', 'y', 'z']) {
            git(folder, 'worktree', 'add', '--quiet', '-b', linked, path.join(repo.base, name + linked));
          }
        }
        ['a', 'b'].forEach((name) => linkBranch(repo, name));
        upstream.push({ 'pinned.txt': 'p' });
        const network = new CountedNetwork();
        const pin = await pinTo(worktree, 'origin/main', { fetch: true, network });
        assert.equal(network.asked.length, 1);
        upstream.push({ 'later.txt': 'l' });
        const fleets = [{ repository: worktree }, ...(await clones.fleets())];
        const outcomes = await fanOut(worktree, pin, fleets, network, who);
        assert.equal(outcomes.length, 3 + 4 + 4);
        for (const { root, head, outcome } of outcomes) {
          assert.deepEqual([outcome, head], ['fast_forwarded', pin.commit], root);
          assert.equal(git(root, 'rev-parse', 'HEAD'), pin.commit);
          assert.ok(!fs.existsSync(path.join(root, 'later.txt')));
        }
        const [, ...fetched] = network.asked;
        assert.equal(fetched.length, 2);
        assert.deepEqual([...new Set(fetched.map(({ objects }) => objects))], [true]);
        assert.equal(new Set(fetched.map(({ commonDir }) => commonDir)).size, 2);
        for (const { repository } of fleets) {
          assert.equal((await findPin(repository, 'sprint'))?.commit, pin.commit, 'each keeps the commit');
        }
        assert.deepEqual([...new Set(short(await fanOut(worktree, pin, fleets, network, who)))], ['on_pin']);
        assert.equal(network.asked.length, 3, 'and is not asked again');
      }),
    ),
  );

  it(
    'the remote is told by its address, whatever it is called',
    inRepo((repo) =>
      withClones(repo, async ({ upstream, clones, worktree }) => {
        const folder = clones.add('one', '--origin', 'mirror');
        git(folder, 'remote', 'add', 'origin', path.join(repo.base, 'nowhere.git'));
        upstream.push({ 'pinned.txt': 'p' });
        const pin = await pinTo(worktree, 'origin/main', { fetch: true });
        const network = new CountedNetwork();
        assert.deepEqual(short(await bringClones(worktree, pin, clones, network)), ['fast_forwarded']);
        assert.deepEqual(
          network.asked.map(({ remote }) => remote),
          ['mirror'],
        );
      }),
    ),
  );

  it(
    'where a server hands out no ids, its branches are fetched and the commit is looked for',
    inRepo((repo) =>
      withClones(repo, async ({ upstream, clones, worktree }) => {
        clones.add('one');
        upstream.push({ 'pinned.txt': 'p' });
        const pin = await pinTo(worktree, 'origin/main', { fetch: true });
        upstream.push({ 'later.txt': 'l' });
        const real = new CountedNetwork();
        const refusing: Fetcher = {
          fetch: (where, remote, options) =>
            options?.objects === undefined
              ? real.fetch(where, remote, options)
              : Promise.resolve({ kind: 'not_done', reason: 'failed', message: 'unadvertised object' }),
        };
        const [outcome] = await bringClones(worktree, pin, clones, refusing);
        assert.deepEqual([outcome?.outcome, outcome?.head], ['fast_forwarded', pin.commit]);
        assert.equal(real.asked.length, 1);
      }),
    ),
  );

  it(
    'a commit that was never pushed: each branch goes to its upstream instead, and the outcome says so',
    inRepo((repo) =>
      withClones(repo, async ({ upstream, clones, worktree }) => {
        const behind = clones.add('behind');
        const ahead = clones.add('ahead');
        const detached = clones.add('detached');
        const even = clones.add('even');
        const busy = clones.add('busy');
        const own = commit(ahead, { 'own.txt': 'own' });
        git(detached, 'checkout', '--quiet', '--detach');
        git(busy, 'bisect', 'start');
        const tip = upstream.push({ 'tip.txt': 't' });
        git(even, 'pull', '--quiet');
        const start = repo.git('rev-parse', 'HEAD');
        commit(repo.folder, { 'never.txt': 'pushed' });
        const pin = await pinTo(worktree, 'HEAD');
        const outcomes = await bringClones(worktree, pin, clones, new CountedNetwork());
        assert.deepEqual(short(outcomes), [
          ...['fell_back_to_upstream', 'fell_back_to_upstream', 'fell_back_to_upstream'],
          ...['fell_back_to_upstream', 'in_progress'],
        ]);
        assert.deepEqual(
          outcomes.map(({ head }) => head),
          [tip, own, start, tip, start],
        );
        for (const { reason, message: words, state } of outcomes.slice(0, 4)) {
          assert.equal(reason, 'pin_unavailable');
          assert.match(words ?? '', /^origin has no commit [0-9a-f]{10} to give\. .+/);
          assert.equal(state?.position, 'unknown');
        }
        assert.match(outcomes[0]?.message ?? '', /It went to origin\/main instead/);
        assert.match(outcomes[1]?.message ?? '', /was left where it is/);
        assert.equal(fs.existsSync(path.join(behind, 'tip.txt')), true);
        assert.equal(git(detached, 'rev-parse', 'HEAD'), start);
      }),
    ),
  );

  it(
    'a remote that is not reached is no reason to fall back, nor is any other failure of git',
    inRepo((repo) =>
      withClones(repo, async ({ upstream, clones, worktree }) => {
        const folder = clones.add('one');
        upstream.push({ 'tip.txt': 't' });
        git(folder, 'fetch', '--quiet');
        upstream.push({ 'pinned.txt': 'p' });
        const pin = await pinTo(worktree, 'origin/main', { fetch: true });
        const before = git(folder, 'rev-parse', 'HEAD');
        for (const because of ['timed_out', 'failed', 'still_running'] as const) {
          const offline: Fetcher = {
            fetch: () => Promise.resolve({ kind: 'not_done', reason: because, message: 'no route' }),
          };
          const [outcome] = await bringClones(worktree, pin, clones, offline);
          assert.deepEqual([outcome?.outcome, outcome?.reason], ['not_fetched', 'not_fetched'], because);
        }
        const cancelled: Fetcher = {
          fetch: () => Promise.resolve({ kind: 'not_done', reason: 'cancelled', message: 'cancelled' }),
        };
        assert.deepEqual(short(await bringClones(worktree, pin, clones, cancelled)), ['cancelled']);
        fs.writeFileSync(path.join(folder, '.git', 'index.lock'), '');
        const [locked] = await bringClones(worktree, pin, clones, new CountedNetwork());
        assert.deepEqual([locked?.outcome, locked?.reason], ['failed', 'publish_failed'], locked?.message);
        assert.equal(git(folder, 'rev-parse', 'HEAD'), before, 'it was left as it is');
      }),
    ),
  );

  it(
    'a shallow clone, a read-only checkout, and a partial clone',
    inRepo((repo) =>
      withClones(repo, async ({ upstream, clones, worktree }) => {
        git(upstream.bare, 'config', 'uploadpack.allowFilter', 'true');
        git(upstream.bare, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
        upstream.push({ 'one.txt': '1' });
        clones.add('shallow', '--depth=1');
        const detached = clones.add('read-only');
        git(detached, 'checkout', '--quiet', '--detach');
        clones.add('partial', '--filter=blob:none');
        upstream.push({ 'pinned.txt': 'p', 'a.txt': 'changed\n' });
        const pin = await pinTo(worktree, 'origin/main', { fetch: true });
        upstream.push({ 'later.txt': 'l' });
        const outcomes = await bringClones(worktree, pin, clones, new CountedNetwork());
        for (const { root, head, outcome, message: words } of outcomes) {
          assert.deepEqual([outcome, head], ['fast_forwarded', pin.commit], `${root}: ${words ?? ''}`);
          assert.equal(fs.readFileSync(path.join(root, 'a.txt'), 'utf8'), 'changed\n');
          assert.equal(git(root, 'status', '--porcelain'), '');
        }
        assert.equal(git(detached, 'rev-parse', '--abbrev-ref', 'HEAD'), 'HEAD');
      }),
    ),
  );
});
