import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import fs from 'node:fs';
import path from 'node:path';
import { once } from 'node:events';
import { askingLimitMs } from '../../src/agents/remoteTips';
import { LookTime } from '../../src/agents/scene';
import { keepBefore, referencesAfter } from '../../src/agents/callReferences';
import { listBackups } from '../../src/backups/backups';
import { defaultNetworkLimits } from '../../src/network/networkOutcome';
import { Network } from '../../src/network/network';
import { remoteStatus } from '../../src/network/status';
import type { Worktree } from '../../src/git/worktree';
import { SilentRemote } from '../support/silentRemote';
import { inRepo, type TestRepo } from '../support/repo';
import { Upstream } from '../sync/upstream';

const common = { session: 's-push', task: undefined };
const agent = 'claude-code';

function eventOf(repo: TestRepo, command: string) {
  const tool = { name: 'Bash', reach: 'shell', paths: [], commands: [command], places: [] } as const;
  return { ...common, cwd: repo.folder, tool };
}

async function before(
  repo: TestRepo,
  worktree: Worktree,
  command: string,
  led: readonly Worktree[] = [],
  { lookTime = new LookTime(60_000), askMs = 60_000 } = {},
): Promise<void> {
  const signal = new AbortController().signal;
  await keepBefore(
    worktree,
    { kind: 'before_tool', ...eventOf(repo, command) },
    // Other processes may take their time: only the silent remote waits for this to end, and says how long it was.
    { agent, leases: [], led, lookTime, signal, askMs },
  );
}

/** Runs it as an agent's shell would. @returns whether it was accepted. */
function run(repo: TestRepo, command: string): boolean {
  return spawnSync('bash', ['-c', command], { cwd: repo.folder, encoding: 'utf8' }).status === 0;
}

async function after(repo: TestRepo, worktree: Worktree, command: string): Promise<void> {
  await referencesAfter(
    worktree,
    { kind: 'after_tool', outcome: 'ok', ...eventOf(repo, command) },
    agent,
    () => Promise.resolve(),
  );
}

/** An upstream with a commit of somebody else that was never fetched here, and a commit here that does not stand on it. */
function apart(repo: TestRepo): { readonly theirs: string; readonly bare: string } {
  const upstream = Upstream.of(repo);
  spawnSync('git', ['config', 'receive.denyDeleteCurrent', 'ignore'], { cwd: upstream.bare });
  const theirs = upstream.push({ 'theirs.txt': 'theirs\n' }, 'Of somebody else');
  upstream.commit({ 'own.txt': 'own\n' }, 'Of the agent');
  return { theirs, bare: upstream.bare };
}

/** What kind each backup is of, and what it holds. */
async function backupsOf(worktree: Worktree): Promise<[string, string][]> {
  return (await listBackups(worktree)).map(({ kind, tip }) => [kind, tip]);
}

/** A commit that `origin/main` was last seen at, and that is on no branch here. */
function knownOnly(repo: TestRepo): string {
  const known = repo.git('commit-tree', 'HEAD^{tree}', '-p', 'HEAD', '-m', 'Known here alone');
  repo.git('update-ref', 'refs/remotes/origin/main', known);
  return known;
}

/** Every way to say it. The branch is `main`, the remote `origin`. */
const pushes: readonly { readonly run: string; readonly command: string }[] = [
  { run: 'git push --force origin main', command: 'git push --force' },
  { run: 'git push origin +main', command: 'git push +' },
  { run: 'git push origin +HEAD:refs/heads/main', command: 'git push +' },
  { run: 'git push -q origin :main', command: 'git push' },
  { run: 'git push origin --delete main', command: 'git push --delete' },
  { run: 'git push --mirror origin', command: 'git push --mirror' },
  { run: 'git push -o ci.skip -f origin main || git push -f origin main', command: 'git push -f' },
  { run: 'git push -f', command: 'git push -f' },
];

describe('a push that overwrites', () => {
  for (const { run: text, command } of pushes) {
    it(
      `${text}: what nobody had fetched is held before, and noticed after`,
      inRepo(async (repo) => {
        const { theirs } = apart(repo);
        const seen = repo.git('rev-parse', 'origin/main');
        const worktree = await repo.open();
        await before(repo, worktree, text);
        assert.deepEqual(await backupsOf(worktree), [['before-command', theirs]]);
        assert.equal(repo.git('rev-parse', 'origin/main'), seen, 'what its user has seen');
        assert.ok(run(repo, text));
        await after(repo, worktree, text);
        const backups = await listBackups(worktree);
        assert.deepEqual(
          backups.map(({ kind, tip, fell, record }) => [kind, tip, fell?.name, fell?.lost, record?.command]),
          [['agent', theirs, 'origin/main', 1, command]],
        );
        assert.deepEqual(backups[0]?.fell?.subjects, ['Of somebody else']);
        assert.equal(backups[0].record?.note, undefined);
      }),
    );
  }

  for (const text of [
    'git push -f origin v1',
    'git push -f origin v1:refs/tags/v1',
    'git push origin :refs/tags/v1',
    'git push -f --tags origin',
  ]) {
    it(
      `${text}: what the remote’s tag was at is held`,
      inRepo(async (repo) => {
        const { theirs, bare } = apart(repo);
        for (const args of [
          ['-c', 'user.name=T', '-c', 'user.email=t@t', 'tag', '-a', '-m', 'theirs', 'v1', theirs],
          ['update-ref', 'refs/heads/main', repo.git('rev-parse', 'origin/main')],
        ]) {
          assert.equal(spawnSync('git', args, { cwd: bare }).status, 0);
        }
        repo.git('tag', 'v1');
        const worktree = await repo.open();
        await before(repo, worktree, text);
        assert.ok(run(repo, text));
        await after(repo, worktree, text);
        assert.deepEqual(await backupsOf(worktree), [['before-command', theirs]]);
      }),
    );
  }

  it(
    'of an address in a call nothing is kept: it may hold a secret',
    inRepo(async (repo) => {
      const { bare, theirs } = apart(repo);
      const worktree = await repo.open();
      // What has answered Belay under its name is asked under its address as well.
      const network = new Network({ limits: defaultNetworkLimits });
      assert.equal((await network.listRemote(worktree, 'origin')).kind, 'done');
      for (const [address, secret] of [
        ['https://user:s3cret@127.0.0.1:1/x.git', 's3cret'],
        [bare, path.join(path.basename(repo.base), 'upstream.git')],
      ] as const) {
        for (const text of [`git push -f ${address} main`, `git push --mirror ${address}`]) {
          await before(repo, worktree, text);
          const calls = path.join(worktree.repository.belayDir, 'agents');
          const found = spawnSync('grep', ['-ra', secret, calls], { encoding: 'utf8' });
          assert.equal(found.stdout, '', text);
          await after(repo, worktree, text);
        }
      }
      assert.ok(
        (await listBackups(worktree)).some(({ tip }) => tip === theirs),
        'held all the same',
      );
    }),
  );

  it(
    'waits for a remote no longer than the hook has left',
    inRepo(async (repo) => {
      Upstream.of(repo);
      knownOnly(repo);
      const silent = await SilentRemote.start();
      try {
        repo.git('remote', 'set-url', 'origin', silent.url);
        fs.utimesSync(path.join(repo.gitDir, 'FETCH_HEAD'), new Date(), new Date());
        const worktree = await repo.open();
        await before(repo, worktree, 'git push -f', [], { lookTime: new LookTime(0) });
        assert.equal(silent.connections, 0);
        assert.equal((await listBackups(worktree)).length, 1, 'what was known is held all the same');
      } finally {
        silent.stop();
      }
    }),
  );

  it(
    'a remote that only the words of a call name, and that has not answered Belay, is not asked',
    inRepo(async (repo) => {
      Upstream.of(repo);
      const silent = await SilentRemote.start();
      try {
        const worktree = await repo.open();
        await before(repo, worktree, `git push -f ${silent.url} main`);
        await before(repo, worktree, `echo "git push --mirror ${silent.url}"`);
        assert.equal(silent.connections, 0);
      } finally {
        silent.stop();
      }
    }),
  );

  it(
    '--force-with-lease is refused as without Belay, and nothing is noticed',
    inRepo(async (repo) => {
      const { theirs } = apart(repo);
      const worktree = await repo.open();
      const text = 'git push --force-with-lease origin main';
      await before(repo, worktree, text);
      assert.ok(!run(repo, text));
      await after(repo, worktree, text);
      assert.deepEqual(await backupsOf(worktree), [['before-command', theirs]]);
    }),
  );

  it(
    "of the agent's own commit that it has amended is no notice",
    inRepo(async (repo) => {
      Upstream.of(repo);
      repo.write('own.txt', 'own\n');
      repo.git('add', 'own.txt');
      repo.git('commit', '--quiet', '--message=Own');
      repo.git('push', '--quiet', 'origin', 'main');
      repo.git('commit', '--quiet', '--amend', '--message=Own, said better');
      const worktree = await repo.open();
      const text = 'git push --force-with-lease';
      await before(repo, worktree, text);
      assert.ok(run(repo, text));
      await after(repo, worktree, text);
      assert.deepEqual(
        (await listBackups(worktree)).map(({ kind }) => kind),
        ['before-command'],
      );
    }),
  );

  it(
    'what the remote has dropped already and only its name here holds is held, too',
    inRepo(async (repo) => {
      Upstream.of(repo);
      repo.write('known.txt', 'known\n');
      repo.git('add', 'known.txt');
      repo.git('commit', '--quiet', '--message=Known here alone');
      const known = repo.git('rev-parse', 'HEAD');
      repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      repo.git('update-ref', 'refs/remotes/origin/main', known);
      repo.git('commit', '--quiet', '--allow-empty', '--message=Own');
      const worktree = await repo.open();
      const text = 'git push --force origin main';
      await before(repo, worktree, text);
      assert.ok(run(repo, text));
      await after(repo, worktree, text);
      const found = await backupsOf(worktree);
      assert.ok(
        found.some(([kind, tip]) => kind === 'agent' && tip === known),
        JSON.stringify(found),
      );
    }),
  );

  it(
    'from another worktree that the call leads into: the branch of that one',
    inRepo(async (repo) => {
      const { bare } = apart(repo);
      const linked = repo.link('beside');
      const branch = 'topic';
      linked.git('switch', '--quiet', '--create', branch);
      linked.git('push', '--quiet', '--set-upstream', 'origin', branch);
      const theirs = linked.git('commit-tree', 'HEAD^{tree}', '-p', 'HEAD', '-m', 'Theirs');
      spawnSync('git', ['fetch', '-q', repo.folder, theirs], { cwd: bare });
      spawnSync('git', ['update-ref', `refs/heads/${branch}`, theirs], { cwd: bare });
      const worktree = await repo.open();
      await before(repo, worktree, `git -C ${linked.folder} push -f`, [await linked.open()]);
      const tips = (await listBackups(worktree)).map(({ tip }) => tip);
      assert.ok(tips.includes(theirs), tips.join());
    }),
  );

  it(
    'where the remote is pushed to elsewhere than it is fetched from, says that it is not known what was there',
    inRepo(async (repo) => {
      const { bare } = apart(repo);
      const seen = repo.git('rev-parse', 'origin/main');
      repo.git('remote', 'set-url', '--push', 'origin', bare);
      repo.git('remote', 'set-url', 'origin', path.join(repo.base, 'another.git'));
      const worktree = await repo.open();
      const text = 'git push --force origin main';
      await before(repo, worktree, text);
      assert.ok(run(repo, text));
      await after(repo, worktree, text);
      const [notice] = await listBackups(worktree);
      assert.deepEqual([notice?.kind, notice?.tip, notice?.fell?.lost], ['agent', seen, 0]);
      assert.match(
        notice?.record?.note ?? '',
        /^the remote origin is pushed to under another address .* is not held$/,
      );
    }),
  );

  for (const { lately, asked } of [
    { lately: true, asked: true },
    { lately: false, asked: false },
  ]) {
    it(
      `a remote that says nothing and has ${lately ? '' : 'not '}answered lately ${asked ? 'holds up the call for 3 s' : 'is not asked'}`,
      inRepo(async (repo) => {
        Upstream.of(repo);
        const known = knownOnly(repo);
        const silent = await SilentRemote.start();
        try {
          repo.git('remote', 'set-url', 'origin', silent.url);
          const fetchHead = path.join(repo.gitDir, 'FETCH_HEAD');
          const time = new Date(Date.now() - (lately ? 0 : 2 * 60 * 60_000));
          fs.utimesSync(fetchHead, time, time);
          const worktree = await repo.open();
          await before(repo, worktree, 'git push -f', [], { askMs: askingLimitMs });
          const tips = (await listBackups(worktree)).map(({ tip }) => tip);
          assert.deepEqual(tips, [known], 'what was known');
          assert.equal(silent.connections > 0, asked);
          const call = fs
            .readdirSync(path.join(worktree.repository.belayDir, 'agents', 'calls'))
            .map((name) =>
              fs.readFileSync(path.join(worktree.repository.belayDir, 'agents', 'calls', name), 'utf8'),
            )
            .join();
          assert.ok(
            call.includes(asked ? 'did not answer in time' : 'has not answered within the last hour'),
            call,
          );
          assert.equal((await remoteStatus(worktree, 'origin')).failures, 0, 'three seconds are no failure');
        } finally {
          silent.stop();
        }
      }),
    );
  }

  it(
    'a remote that hangs up is no reason to stop the call',
    inRepo(async (repo) => {
      Upstream.of(repo);
      const known = knownOnly(repo);
      const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      try {
        const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
        repo.git('remote', 'set-url', 'origin', `http://127.0.0.1:${port}/x.git`);
        const worktree = await repo.open();
        await before(repo, worktree, 'git push -f');
        assert.deepEqual(
          (await listBackups(worktree)).map(({ tip }) => tip),
          [known],
        );
      } finally {
        server.close();
      }
    }),
  );

  it(
    'any other call asks no remote',
    inRepo(async (repo) => {
      Upstream.of(repo);
      const silent = await SilentRemote.start();
      try {
        repo.git('remote', 'set-url', 'origin', silent.url);
        const worktree = await repo.open();
        for (const text of [
          'git push',
          'git push origin main',
          'git fetch',
          'git push --dry-run',
          'echo push -f',
        ]) {
          await before(repo, worktree, text);
        }
        assert.equal(silent.connections, 0);
        assert.deepEqual(await listBackups(worktree), []);
      } finally {
        silent.stop();
      }
    }),
  );
});
