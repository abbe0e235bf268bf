import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { diagnose, repair } from '../../src/doctor/diagnose';
import { makersMark } from '../../src/fanout/halfFilled';
import { addWorktree, addWorktrees } from '../../src/fanout/newWorktree';
import { NotCovered } from '../../src/fanout/notCovered';
import { removeWorktree } from '../../src/fanout/removeWorktree';
import { pinStates } from '../../src/fanout/pinState';
import { readBackup } from '../../src/backups/backups';
import { listWorktrees } from '../../src/git/worktreeList';
import { claimLease } from '../../src/leases/claim';
import { startSession } from '../../src/sessions/lifecycle';
import { Gate } from '../support/gate';
import { inRepo, type TestRepo } from '../support/repo';
import { Upstream } from '../sync/upstream';
import { bring, commit, git, linkBranch, pinTo, put, who } from './support';

const gone = { pid: 2 ** 22 - 7, started: '1', host: '' };

/** As a crash leaves it: locked by a maker that has ended, with a part of its files and no index. */
function halfMade(repo: TestRepo, name: string): string {
  const folder = linkBranch(repo, name);
  const gitDir = path.join(repo.commonDir, 'worktrees', name);
  const mark = makersMark().replace(/belay \d+~[^~]*~/, `belay ${gone.pid}~${gone.started}~`);
  fs.writeFileSync(path.join(gitDir, 'locked'), mark);
  fs.rmSync(path.join(gitDir, 'index'));
  fs.rmSync(path.join(folder, 'a.txt'));
  return folder;
}

describe('new worktrees at a pin', () => {
  it(
    'on a branch that is made there with its upstream, or detached; verified and not locked afterwards',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      upstream.push({ 'new.txt': 'new' });
      const worktree = await repo.worktree();
      const pin = await pinTo(worktree, 'origin/main', { fetch: true });
      upstream.push({ 'later.txt': 'later' });
      repo.git('fetch', '--quiet');
      const root = path.join(repo.base, 'agents', 'one');
      const added = await addWorktree(worktree, pin, { root, branch: 'agent/one' }, who);
      assert.deepEqual(
        [added.worktree, added.head, added.branch, added.created, added.upstream],
        ['one', pin.commit, 'refs/heads/agent/one', true, 'refs/remotes/origin/main'],
      );
      assert.equal(git(root, 'rev-parse', 'HEAD'), pin.commit);
      assert.equal(git(root, 'rev-parse', '--abbrev-ref', '@{upstream}'), 'origin/main');
      assert.equal(git(root, 'status', '--porcelain'), '');
      const detached = path.join(repo.base, 'agents', 'two');
      await addWorktree(worktree, pin, { root: detached, branch: undefined }, who);
      assert.equal(git(detached, 'rev-parse', '--abbrev-ref', 'HEAD'), 'HEAD');
      assert.deepEqual(
        (await listWorktrees(worktree)).map(({ locked }) => locked),
        [false, false, false],
      );
      const again = await addWorktree(worktree, pin, { root, branch: 'agent/one' }, who);
      assert.deepEqual([again.created, again.worktree], [false, 'one'], 'what is there already is taken');
      assert.ok(repo.refs('belay').has('refs/belay/shadow/one/current'), 'Belay looks after it');
    }),
  );

  it(
    'several at once; one that cannot be made does not stop the others',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const pin = await pinTo(worktree, 'HEAD');
      repo.git('branch', 'w2', repo.git('commit-tree', 'HEAD^{tree}', '-m', 'Elsewhere'));
      const at = (name: string): string => path.join(repo.base, name);
      put(at('w4'), 'in.txt', 'the way');
      const wanted = ['w1', 'w2', 'w3', 'w4', 'bad..name'].map((name) => ({ root: at(name), branch: name }));
      const told: string[] = [];
      const additions = await addWorktrees(worktree, pin, wanted, {
        ...who,
        onProgress: ({ root }) => told.push(path.basename(root)),
      });
      assert.deepEqual(
        additions.map((one) => ('added' in one ? one.added.head : one.reason)),
        [pin.commit, 'branch_exists', pin.commit, 'path_taken', 'invalid_branch'],
      );
      assert.deepEqual(told, ['w1', 'w2', 'w3', 'w4', 'bad..name']);
      assert.equal(fs.readFileSync(path.join(at('w4'), 'in.txt'), 'utf8'), 'the way');
    }),
  );

  it(
    'one that a crash left half-filled is never reported good, and is made anew with what is in it saved',
    inRepo(async (repo) => {
      Upstream.of(repo);
      const worktree = await repo.worktree();
      const pin = await pinTo(worktree, 'origin/main');
      const folder = halfMade(repo, 'half');
      put(folder, 'somebodys.txt', 'work');
      const [state] = (await pinStates(worktree, pin.commit)).filter((one) => one.worktree === 'half');
      assert.deepEqual([state?.halfFilled?.live, state?.halfFilled?.marked], [false, true]);
      assert.equal((await bring(worktree, pin, ['half']))[0]?.outcome, 'half_filled');
      const added = await addWorktree(worktree, pin, { root: folder, branch: 'half' }, who);
      assert.equal(added.created, true);
      assert.equal(git(folder, 'status', '--porcelain'), '');
      const saved = repo.git('rev-list', 'refs/belay/shadow/half/current').split('\n');
      assert.ok(
        saved.some((oid) => repo.tryGit('cat-file', '-e', `${oid}:somebodys.txt`).code === 0),
        'what was in it is in a checkpoint',
      );
    }),
  );

  it(
    'the doctor names what is half-filled, and removes what nobody completes; what is being made is left',
    inRepo(async (repo) => {
      Upstream.of(repo);
      const worktree = await repo.worktree();
      const half = halfMade(repo, 'half');
      const live = linkBranch(repo, 'live');
      const noIndex = linkBranch(repo, 'no-index');
      fs.writeFileSync(path.join(repo.commonDir, 'worktrees', 'live', 'locked'), makersMark());
      fs.rmSync(path.join(repo.commonDir, 'worktrees', 'no-index', 'index'));
      const findings = (await diagnose(worktree)).filter(({ kind }) => kind === 'worktree_half_filled');
      assert.deepEqual(
        findings.map(({ level, message }) => [level, /worktree (\S+)/.exec(message)?.[1]]),
        [
          ['problem', 'half'],
          ['note', 'live'],
          ['problem', 'no-index'],
        ],
      );
      const done = await repair(worktree);
      assert.match(done.join('\n'), /Removed the worktree half .*its branch refs\/heads\/half stays/);
      assert.deepEqual(
        [half, live, noIndex].map((folder) => fs.existsSync(folder)),
        [false, true, true],
      );
      const pin = await pinTo(worktree, 'HEAD');
      const wanted = { root: live, branch: 'live' };
      await assert.rejects(addWorktree(worktree, pin, wanted, who), { reason: 'half_filled' });
      await assert.rejects(removeWorktree(worktree, 'live', who), { reason: 'half_filled' });
    }),
  );

  it(
    'files that a filter always shows as changed do not keep a worktree from being made; a missing one does',
    inRepo(async (repo) => {
      repo.write('.gitattributes', '*.crlf text eol=lf\n');
      repo.write('x.crlf', 'x\r\n');
      const blob = repo.gitBytes(['hash-object', '-w', '--no-filters', 'x.crlf']).toString().trim();
      repo.git('add', '.gitattributes');
      repo.git('update-index', '--add', '--cacheinfo', `100644,${blob},x.crlf`);
      repo.git('commit', '--quiet', '--message=Odd line ends');
      const worktree = await repo.worktree();
      const pin = await pinTo(worktree, 'HEAD');
      const root = path.join(repo.base, 'one');
      const added = await addWorktree(worktree, pin, { root, branch: 'one' }, who);
      assert.equal(added.head, pin.commit);
      repo.git('config', 'filter.fails.smudge', 'exit 1');
      repo.git('config', 'filter.fails.required', 'true');
      repo.write('.gitattributes', '*.bad filter=fails\n');
      const bad = repo.gitBytes(['hash-object', '-w', '--no-filters', '--stdin'], 'x').toString().trim();
      repo.git('add', '.gitattributes');
      repo.git('update-index', '--add', '--cacheinfo', `100644,${bad},x.bad`);
      repo.git('commit', '--quiet', '--message=A filter that fails');
      const next = await pinTo(worktree, 'HEAD');
      const two = path.join(repo.base, 'two');
      await assert.rejects(addWorktree(worktree, next, { root: two, branch: 'two' }, who));
      assert.equal(fs.existsSync(two), false, 'nothing half-filled is left');
      assert.equal((await listWorktrees(worktree)).length, 2);
    }),
  );
});

describe('a worktree is removed', () => {
  it(
    'with everything that is not committed in a checkpoint, and its branch left',
    inRepo(async (repo) => {
      Upstream.of(repo);
      const folder = linkBranch(repo, 'w');
      const own = commit(folder, { 'own.txt': 'own' });
      put(folder, 'a.txt', 'edited');
      put(folder, 'untracked.txt', 'untracked');
      put(folder, 'staged.txt', 'staged');
      git(folder, 'add', 'staged.txt');
      const removed = await removeWorktree(await repo.worktree(), 'w', who);
      assert.equal(fs.existsSync(folder), false);
      assert.deepEqual(fs.readdirSync(path.dirname(folder)), []);
      assert.equal(removed.backup, undefined);
      for (const [name, content] of [
        ['a.txt', 'edited'],
        ['untracked.txt', 'untracked'],
        ['staged.txt', 'staged'],
      ] as const) {
        assert.equal(repo.git('show', `${removed.checkpoint ?? ''}:${name}`), content);
      }
      assert.equal(repo.git('rev-parse', 'refs/heads/w'), own);
      assert.equal((await listWorktrees(await repo.worktree())).length, 1);
    }),
  );

  it(
    'with the commits of a detached HEAD under a backup; one whose folder is gone, too',
    inRepo(async (repo) => {
      Upstream.of(repo);
      const worktree = await repo.worktree();
      for (const missing of [false, true]) {
        const name = `w${String(missing)}`;
        const folder = linkBranch(repo, name);
        git(folder, 'checkout', '--quiet', '--detach');
        const own = commit(folder, { 'own.txt': name });
        if (missing) {
          fs.rmSync(folder, { recursive: true });
        }
        const { backup, checkpoint } = await removeWorktree(worktree, name, who);
        assert.equal((await readBackup(worktree, backup ?? '')).tip, own);
        assert.equal(checkpoint === undefined, missing);
      }
    }),
  );

  it(
    'not while anything in it would be lost, or somebody is at work in it: it is left untouched',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const worktree = await repo.worktree();
      const refused = async (
        name: string,
        reason: string,
        prepare: (folder: string) => unknown,
      ): Promise<void> => {
        const folder = linkBranch(repo, name);
        put(folder, 'untracked.txt', 'untracked');
        await prepare(folder);
        await assert.rejects(removeWorktree(worktree, name, who), { reason }, name);
        assert.equal(fs.readFileSync(path.join(folder, 'untracked.txt'), 'utf8'), 'untracked');
        assert.ok(git(folder, 'status', '--porcelain').includes('untracked.txt'), name);
      };
      await refused('ignored', 'not_covered', (folder) => {
        put(folder, '.gitignore', 'build/\n.env\n');
        put(folder, '.env', 'secret');
      });
      await refused('nested', 'not_covered', (folder) => {
        git(repo.base, 'clone', '--quiet', repo.folder, path.join(folder, 'inside'));
      });
      await refused('locked', 'worktree_locked', (folder) => repo.git('worktree', 'lock', folder));
      await refused('merging', 'operation_under_way', (folder) => {
        const tip = upstream.push({ 'a.txt': 'theirs\n' });
        repo.git('fetch', '--quiet');
        commit(folder, { 'a.txt': 'ours\n' });
        assert.throws(() => git(folder, 'merge', tip));
      });
      await refused('waiting', 'decision_pending', async (folder) => {
        git(folder, 'reset', '--quiet', '--hard', 'origin/main~1');
        commit(folder, { 'a.txt': 'ours\n' });
        const pin = await pinTo(worktree, 'origin/main');
        assert.equal((await bring(worktree, pin, ['waiting']))[0]?.outcome, 'diverged_held');
      });
      await refused('leased', 'lease_held', () =>
        claimLease(worktree, { kind: 'worktree', name: 'leased' }, { owner: 'somebody' }),
      );
      await refused('worked-in', 'lease_held', async (folder) => {
        const inside = await repo.open(undefined, folder);
        await startSession(inside, 's1', { owner: 'codex', agent: 'codex' });
      });
      await refused('around', 'worktree_in_use', (folder) =>
        repo.git('worktree', 'add', '--quiet', '--detach', path.join(folder, 'inner')),
      );
      await assert.rejects(removeWorktree(worktree, 'main', who), { reason: 'usage' });
      await assert.rejects(removeWorktree(worktree, 'nobody', who), { reason: 'unknown_worktree' });
      const own = await repo.open(undefined, linkBranch(repo, 'own'));
      await assert.rejects(removeWorktree(own, 'own', who), { reason: 'worktree_in_use' });
      const missed: unknown = await removeWorktree(worktree, 'ignored', {
        ...who,
        discardUncovered: ['other.env'],
      }).catch((thrown: unknown) => thrown);
      assert.ok(
        missed instanceof NotCovered && missed.names.length > 0,
        'what was named is not what there is',
      );
      await removeWorktree(worktree, 'ignored', { ...who, discardUncovered: missed.names });
      assert.equal(fs.existsSync(path.join(repo.base, 'linked', 'ignored')), false, 'unless told to');
    }),
  );

  it(
    'with what is saved in it after the first look, too',
    inRepo(async (repo) => {
      Upstream.of(repo);
      const folder = linkBranch(repo, 'w');
      const gate = new Gate(repo);
      const slow = await repo.open(gate.git());
      const { checkpoint } = await gate.between(
        'refs/belay/shadow/w',
        () => removeWorktree(slow, 'w', who),
        () => {
          put(folder, 'late.txt', 'late');
          return Promise.resolve();
        },
      );
      assert.equal(repo.git('show', `${checkpoint ?? ''}:late.txt`), 'late');
      assert.equal(fs.existsSync(folder), false);
    }),
  );

  it(
    'a removal that was stopped after the folder had been moved aside is gone on with',
    inRepo(async (repo) => {
      Upstream.of(repo);
      const folder = linkBranch(repo, 'w');
      put(folder, 'untracked.txt', 'untracked');
      fs.renameSync(folder, `${folder}.belay-removing`);
      const { checkpoint } = await removeWorktree(await repo.worktree(), 'w', who);
      assert.equal(repo.git('show', `${checkpoint ?? ''}:untracked.txt`), 'untracked');
      assert.deepEqual(fs.readdirSync(path.dirname(folder)), []);
    }),
  );
});
