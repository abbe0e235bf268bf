import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { followPins, NotingFetcher, type Followed } from '../../src/fanout/follow';
import { findPin, pinHistory, readPin, setPin, type Pin } from '../../src/fanout/pin';
import { resolveOnce } from '../../src/fanout/resolve';
import type { Worktree } from '../../src/git/worktree';
import { openGuard } from '../../src/leases/guard';
import { defaultNetworkLimits } from '../../src/network/networkOutcome';
import { Network } from '../../src/network/network';
import { startSession } from '../../src/sessions/lifecycle';
import { importCommit } from '../support/importing';
import { inRepo, type TestRepo } from '../support/repo';
import { sized } from '../support/size';
import { Upstream } from '../sync/upstream';
import { git, linkBranch, who } from './support';

const network = (): NotingFetcher =>
  new NotingFetcher(new Network({ limits: { ...defaultNetworkLimits, timeLimit: 20_000 } }));

async function pinFollowing(worktree: Worktree, source: string, follows = true): Promise<Pin> {
  const resolved = await resolveOnce(worktree, network(), { source, fetch: false });
  const guard = await openGuard(worktree, {});
  return setPin(worktree, guard, {
    ...resolved,
    name: 'sprint',
    session: 'person',
    agent: 'editor',
    follows,
  });
}

/** A fetch, as a person or the schedule does it, and what the pins make of it. */
async function fetched(worktree: Worktree): Promise<Followed[]> {
  const asked = network();
  await asked.fetch(worktree, 'origin', { explicit: true });
  return followPins(worktree, asked, asked.fetched, who);
}

/** How a worktree stands when the reference moves, and whether it is brought along or why not. */
interface State {
  readonly make: (repo: TestRepo, name: string, older: string) => Promise<void> | void;
  readonly then: 'brought' | Followed['behind'][number]['why'];
}

const states: Readonly<Record<string, State>> = {
  'on-it': { make: (repo, name) => void linkBranch(repo, name, 'origin/main'), then: 'brought' },
  detached: {
    make: (repo, name) => {
      repo.git('worktree', 'add', '--quiet', '--detach', folderOf(repo, name), 'origin/main');
    },
    then: 'brought',
  },
  'behind-it': {
    make: (repo, name, older) => {
      repo.git('worktree', 'add', '--quiet', '-b', name, folderOf(repo, name), older);
      repo.git('branch', '--quiet', '--set-upstream-to=origin/main', name);
    },
    then: 'brought',
  },
  'behind-of-its-own': {
    make: (repo, name, older) => {
      repo.git('worktree', 'add', '--quiet', '-b', name, folderOf(repo, name), older);
    },
    then: 'elsewhere',
  },
  'own-commits': {
    make: (repo, name) => {
      const folder = linkBranch(repo, name, 'origin/main');
      git(folder, 'commit', '--quiet', '--allow-empty', '-m', 'Own');
    },
    then: 'elsewhere',
  },
  edited: {
    make: (repo, name) => {
      fs.writeFileSync(path.join(linkBranch(repo, name, 'origin/main'), 'a.txt'), 'edited\n');
    },
    then: 'uncommitted',
  },
  untracked: {
    make: (repo, name) => {
      fs.writeFileSync(path.join(linkBranch(repo, name, 'origin/main'), 'own.txt'), 'own\n');
    },
    then: 'uncommitted',
  },
  live: {
    make: async (repo, name) => {
      const worktree = await repo.open(undefined, linkBranch(repo, name, 'origin/main'));
      await startSession(worktree, 'agent-1', { owner: 'one', agent: 'claude-code' });
    },
    then: 'live_session',
  },
  merging: {
    make: (repo, name) => {
      const folder = linkBranch(repo, name, 'origin/main');
      fs.writeFileSync(
        path.join(git(folder, 'rev-parse', '--absolute-git-dir'), 'MERGE_HEAD'),
        git(folder, 'rev-parse', 'HEAD'),
      );
    },
    then: 'operation',
  },
  gone: {
    make: (repo, name) => {
      fs.rmSync(linkBranch(repo, name, 'origin/main'), { recursive: true });
    },
    then: 'missing',
  },
};

function folderOf(repo: TestRepo, name: string): string {
  return path.join(repo.base, 'linked', name);
}

/** What must be as it was in a worktree that was left. */
function lookOf(repo: TestRepo, name: string): string {
  const folder = folderOf(repo, name);
  return fs.existsSync(folder)
    ? ['rev-parse HEAD', 'status --porcelain', 'symbolic-ref --quiet HEAD', 'ls-files --stage']
        .map((args) =>
          name === 'detached' && args.startsWith('symbolic') ? '' : git(folder, ...args.split(' ')),
        )
        .join('\n')
    : 'gone';
}

/** What a short run looks at; each state is in one of both. */
function shortly(forced: boolean): readonly string[] {
  return forced
    ? ['on-it', 'detached', 'own-commits', 'untracked']
    : ['behind-it', 'behind-of-its-own', 'edited', 'live', 'merging', 'gone'];
}

describe('a pin that follows a reference', () => {
  for (const forced of [false, true]) {
    it(
      `goes along with the worktrees that are free, the others are named (${forced ? 'moved by force' : 'moved on'})`,
      inRepo(async (repo) => {
        const chosen = Object.fromEntries(
          Object.entries(states).filter(([name]) =>
            sized({ short: shortly(forced).includes(name), long: true }),
          ),
        );
        const upstream = Upstream.of(repo);
        const older = repo.git('rev-parse', 'origin/main');
        const base = upstream.push({ 'secret.txt': 'to be purged\n' });
        repo.git('fetch', '--quiet', 'origin');
        const worktree = await repo.worktree();
        for (const [name, { make }] of Object.entries(chosen)) {
          await make(repo, name, older);
        }
        const pin = await pinFollowing(worktree, 'origin/main');
        assert.deepEqual([pin.commit, pin.follows], [base, true]);
        assert.deepEqual(await fetched(worktree), [], 'nothing has moved');
        const before = new Map(Object.keys(chosen).map((name) => [name, lookOf(repo, name)]));
        const next = importCommit(upstream.bare, {
          parents: [forced ? older : base],
          files: { 'a.txt': 'moved\n' },
          message: 'Moved',
          branch: 'main',
        });
        const [followed, ...more] = await fetched(worktree);
        assert.deepEqual([followed?.what, followed?.pin.commit, more], ['moved', next, []]);
        const ends = new Map<string, string>([
          ...(followed?.brought ?? []).map(({ worktree: key, head, outcome }): [string, string] => [
            key,
            head === next && ['fast_forwarded', 'moved_to_pin'].includes(outcome) ? 'brought' : outcome,
          ]),
          ...(followed?.behind ?? []).map(({ worktree: key, why }): [string, string] => [key, why]),
        ]);
        assert.deepEqual(
          [...ends].sort(),
          [...Object.entries(chosen).map(([name, { then }]) => [name, then]), ['main', 'brought']].sort(),
        );
        for (const [name, { then }] of Object.entries(chosen)) {
          if (then === 'brought') {
            assert.equal(git(folderOf(repo, name), 'rev-parse', 'HEAD'), next);
            assert.equal(git(folderOf(repo, name), 'status', '--porcelain'), '');
            assert.equal(fs.existsSync(path.join(folderOf(repo, name), 'secret.txt')), !forced);
          } else {
            assert.equal(lookOf(repo, name), before.get(name), name);
          }
        }
        const now = await readPin(worktree, 'sprint');
        assert.deepEqual([now.commit, now.follows, now.source], [next, true, 'origin/main']);
        assert.deepEqual(
          (await pinHistory(worktree, now)).map(({ commit }) => commit),
          [next, base],
        );
        assert.ok(repo.isHeld(base), 'where it was is still held');
        assert.deepEqual(await fetched(worktree), []);
      }),
    );
  }

  it(
    'stays where it is when the reference is gone, at the remote or here, or nothing was fetched, or it does not follow',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const worktree = await repo.worktree();
      git(upstream.bare, 'branch', 'topic', 'main');
      repo.git('fetch', '--quiet', 'origin');
      const pin = await pinFollowing(worktree, 'origin/topic');
      const refs = repo.refs('belay');
      git(upstream.bare, 'branch', '-D', 'topic');
      for (const prune of [false, true]) {
        repo.git('config', 'fetch.prune', String(prune));
        const told = await fetched(worktree);
        assert.deepEqual(
          told.map(({ what, pin: { commit } }) => [what, commit]),
          [['gone', pin.commit]],
        );
        assert.deepEqual(repo.refs('belay'), refs);
      }
      git(upstream.bare, 'branch', 'topic', 'main');
      upstream.push({ 'b.txt': 'b\n' });
      git(upstream.bare, 'branch', '--force', 'topic', 'main');
      repo.git('fetch', '--quiet', 'origin');
      assert.deepEqual(await followPins(worktree, network(), new Set(), who), [], 'nobody has fetched');
      await pinFollowing(worktree, 'origin/main', false);
      upstream.push({ 'b.txt': 'more\n' });
      assert.deepEqual(await fetched(worktree), [], 'set without following');
      await assert.rejects(pinFollowing(worktree, pin.commit), { reason: 'unresolved_commit' });
      assert.equal((await findPin(worktree, 'sprint'))?.follows, false);
    }),
  );
});
