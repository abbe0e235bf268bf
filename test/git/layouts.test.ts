import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { listBackups } from '../../src/backups/backups';
import { noticesIn } from '../../src/backups/notices';
import type { CheckpointResult } from '../../src/checkpoint/checkpoint';
import { planConnect } from '../../src/connect/connectPlan';
import { readDecision } from '../../src/decisions/read';
import { BelayError } from '../../src/errors';
import { addWorktree } from '../../src/fanout/newWorktree';
import { Git } from '../../src/git/git';
import { readHead } from '../../src/git/head';
import { listWorktrees } from '../../src/git/worktreeList';
import { restore, undoRestore } from '../../src/restore/restore';
import { noticeFallen } from '../../src/sync/external';
import { syncWorktree } from '../../src/sync/sync';
import { callShell } from '../agents/shellCall';
import { personOf, target } from '../connect/support';
import { bring, CountedNetwork, pinTo, who } from '../fanout/support';
import { importCommit } from '../support/importing';
import { withNewestGit } from '../support/newestGit';
import { inRepo, type TestRepo } from '../support/repo';
import { sized } from '../support/size';
import { plainFetch } from '../sync/upstream';

/** One way in which a repository is laid out. Its branch `main` follows that of the upstream. */
interface Layout {
  /**
   * Makes it in a folder that holds nothing else.
   * @param upstream A bare repository, as a URL. @returns its working folder.
   */
  readonly make: (base: string, upstream: string) => string;
  /** What a linked worktree of it can know of the main one's folder. */
  readonly fromLinked?: 'unknown';
  /** Why syncs and fan-outs refuse. */
  readonly refusesToMove?: 'sparse_checkout';
  /** Nothing about it concerns worktrees: fan-outs are tried in the long form only. */
  readonly plainWorktrees?: boolean;
  /** What the environment says about it, also later. */
  readonly environment?: (base: string) => Readonly<Record<string, string>>;
  /** Ends what runs for it. */
  readonly end?: (folder: string) => void;
}

function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd();
}

/** A clone with these options, in which then these git commands are run. */
function cloned(options: readonly string[] = [], ...commands: (readonly string[])[]): Layout['make'] {
  return (base, upstream) => {
    const folder = path.join(base, 'work');
    git(base, 'clone', '--quiet', ...options, upstream, folder);
    commands.forEach((command) => git(folder, ...command));
    return folder;
  };
}

/** With a setting from the start, as a clone would have it. */
function configured(...settings: (readonly [string, string])[]): Layout['make'] {
  return cloned(
    [],
    ...settings.map(([name, value]) => ['config', name, value]),
    // So that the index is written by it.
    ['read-tree', 'HEAD'],
    ['update-index', '--refresh'],
  );
}

function submodule(base: string, upstream: string): string {
  const over = path.join(base, 'over');
  git(base, 'init', '--quiet', over);
  git(over, 'submodule', '--quiet', 'add', upstream, 'inside');
  return path.join(over, 'inside');
}

/** A bare repository in `.bare`, a file `.git` beside it that leads there, and a worktree. */
function bareBeside(base: string, upstream: string): string {
  const bare = path.join(base, '.bare');
  git(base, 'clone', '--quiet', '--bare', upstream, bare);
  fs.writeFileSync(path.join(base, '.git'), 'gitdir: ./.bare\n');
  git(base, 'config', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*');
  git(base, 'fetch', '--quiet', 'origin');
  git(base, 'worktree', 'add', '--quiet', path.join(base, 'main'), 'main');
  git(path.join(base, 'main'), 'branch', '--quiet', '--set-upstream-to=origin/main');
  return path.join(base, 'main');
}

function elsewhereByConfig(base: string, upstream: string): string {
  const work = path.join(base, 'work');
  git(base, 'clone', '--quiet', '--no-checkout', upstream, path.join(base, 'dir'));
  fs.renameSync(path.join(base, 'dir', '.git'), path.join(base, 'dir.git'));
  fs.mkdirSync(work);
  git(base, '--git-dir=dir.git', 'config', 'core.worktree', '../work');
  fs.writeFileSync(path.join(work, '.git'), `gitdir: ${path.join(base, 'dir.git')}\n`);
  git(work, 'reset', '--quiet', '--hard');
  return work;
}

/** A place of their own for references, as git takes it from its environment. */
function storedApart(base: string): { readonly GIT_REFERENCE_BACKEND: string } {
  return { GIT_REFERENCE_BACKEND: `files://${path.join(base, 'stored')}` };
}

/** What `git clone` would make, with its references in a place of their own. */
function begun(base: string, upstream: string): string {
  const folder = path.join(base, 'work');
  fs.mkdirSync(path.join(base, 'stored'));
  execFileSync('git', ['init', '--quiet', folder], { env: { ...process.env, ...storedApart(base) } });
  git(folder, 'remote', 'add', 'origin', upstream);
  // A remote on this machine inherits the environment, and its references are where they always were.
  git(folder, 'config', 'remote.origin.uploadpack', 'env -u GIT_REFERENCE_BACKEND git-upload-pack');
  git(folder, 'fetch', '--quiet', 'origin');
  git(folder, 'checkout', '--quiet', 'main');
  return folder;
}

const usual: Readonly<Record<string, Layout>> = {
  'as git makes it': { make: cloned() },
  'a git dir that lies apart': {
    make: (base, upstream) => cloned(['--separate-git-dir', path.join(base, 'apart.git')])(base, upstream),
    fromLinked: 'unknown',
  },
  'the inside of a submodule': { make: submodule },
  'worktrees beside a bare repository': { make: bareBeside },
  'core.worktree': { make: elsewhereByConfig },
  'HEAD is a link': {
    plainWorktrees: true,
    make: cloned(
      [],
      ['config', 'core.preferSymlinkRefs', 'true'],
      ['checkout', '--quiet', '--detach'],
      ['checkout', '--quiet', 'main'],
    ),
  },
  'objects of another repository (--reference)': {
    plainWorktrees: true,
    make: (base, upstream) => {
      git(base, 'clone', '--quiet', '--bare', upstream, 'other.git');
      return cloned(['--reference', path.join(base, 'other.git')])(base, upstream);
    },
  },
  'objects of another repository (--shared)': {
    plainWorktrees: true,
    make: (base, upstream) => cloned(['--shared'])(base, new URL(upstream).pathname),
  },
  'a split index': {
    plainWorktrees: true,
    make: configured(['core.splitIndex', 'true'], ['splitIndex.maxPercentChange', '100']),
  },
  'an untracked cache': { plainWorktrees: true, make: configured(['core.untrackedCache', 'true']) },
  'a sparse index': {
    make: cloned(['--sparse'], ['sparse-checkout', 'set', '--cone', '--sparse-index', 'inside']),
    refusesToMove: 'sparse_checkout',
  },
  'a partial clone without blobs': { plainWorktrees: true, make: cloned(['--filter=blob:none']) },
  'a partial clone without trees': { make: cloned(['--filter=tree:0']) },
};

/** What only newer gits know. */
const newest: Readonly<Record<string, Layout>> = {
  fsmonitor: {
    plainWorktrees: true,
    make: configured(['core.fsmonitor', 'true']),
    end: (folder) => git(folder, 'fsmonitor--daemon', 'stop'),
  },
  'relative worktrees': {
    make: (base, upstream) => {
      const folder = cloned([], ['config', 'worktree.useRelativePaths', 'true'])(base, upstream);
      const linked = path.join(base, 'linked');
      git(folder, 'worktree', 'add', '--quiet', '--track', '-b', 'linked', linked, 'origin/main');
      return linked;
    },
  },
  'extensions.refStorage': { make: begun },
  GIT_REFERENCE_BACKEND: {
    make: (base, upstream) => {
      const folder = begun(base, upstream);
      git(folder, 'config', '--unset', 'extensions.refStorage');
      return folder;
    },
    environment: storedApart,
  },
};

/** What `git add --all` would store, by an index of its own. */
function whatGitStores(folder: string, gitDir: string): string {
  const index = path.join(gitDir, 'index-of-the-test');
  fs.copyFileSync(path.join(gitDir, 'index'), index);
  // Older than each file, so that git looks at all of them.
  fs.utimesSync(index, 1, 1);
  const env = { ...process.env, GIT_INDEX_FILE: index };
  execFileSync('git', ['-c', 'core.splitIndex=false', 'add', '--all'], { cwd: folder, env, stdio: 'ignore' });
  const tree = execFileSync('git', ['write-tree'], { cwd: folder, env, encoding: 'utf8' }).trim();
  fs.rmSync(index);
  return tree;
}

async function walk(
  repo: TestRepo,
  { make, fromLinked, refusesToMove, plainWorktrees = false, environment }: Layout,
  upstream: string,
): Promise<string> {
  const base = path.join(repo.base, 'layout');
  const folder = fs.realpathSync(make(base, `file://${upstream}`));
  const variables = environment?.(base) ?? {};
  Object.assign(process.env, variables);
  const absolute = (...args: string[]): string =>
    fs.realpathSync(git(folder, 'rev-parse', '--path-format=absolute', ...args));
  const work = repo.other(folder, { gitDir: absolute('--git-dir'), commonDir: absolute('--git-common-dir') });
  const branch = git(folder, 'symbolic-ref', 'HEAD');
  const worktree = await work.worktree();

  // Exact, whole and by path, and nothing of the user's is touched.
  assert.equal((await readHead(worktree)).branch, branch);
  work.write('staged.txt', 'staged\n');
  git(folder, 'add', '--sparse', '--', 'staged.txt');
  work.write('a.txt', 'edited\n');
  work.write('inside/new.txt', 'new\n');
  work.remove('inside/b.txt');
  const before = untouched(work);
  const whole = await work.checkpoint();
  assert.equal(untouched(work), before);
  assert.equal(whole.checkpoint.tree, whatGitStores(folder, work.gitDir));
  const first = work.diskEntries();
  work.write('a.txt', 'again\n');
  work.write('inside/new.txt', 'newer\n');
  const between = untouched(work);
  const named = await work.checkpoint({ paths: ['a.txt', 'inside/new.txt'] });
  assert.equal(untouched(work), between);
  assert.equal(named.checkpoint.tree, whatGitStores(folder, work.gitDir));

  // Restored and undone.
  const second = work.diskEntries();
  await restore(worktree, whole.checkpoint, { session: 'person', agent: 'editor', include: 'all' });
  assert.deepEqual(work.diskEntries(), first);
  await undoRestore(worktree, { session: 'person', agent: 'editor' });
  assert.deepEqual(work.diskEntries(), second);

  // Agents' files go where an agent reads them: into each worktree's own folder.
  const personal = personOf(repo);
  const connection = await planConnect(worktree, {
    agents: ['claude-code'],
    level: 'project',
    personal,
    target,
  });
  assert.ok(connection.changes.some(({ file }) => file.startsWith(`${folder}/.claude/`)));
  for (const { file } of connection.changes) {
    assert.equal(fs.existsSync(path.join(path.dirname(path.dirname(file)), '.git')), true, file);
  }

  // Brought to the upstream, and to a pin.
  forget(variables);
  const parents = [git(upstream, 'rev-parse', 'main')];
  const pushed = importCommit(upstream, {
    parents,
    files: { 'pushed.txt': 'pushed\n' },
    message: 'From elsewhere',
    branch: 'main',
  });
  Object.assign(process.env, variables);
  const sync = async (): Promise<string> => {
    try {
      return (await syncWorktree(worktree, plainFetch, who)).case;
    } catch (thrown) {
      assert.ok(thrown instanceof BelayError, String(thrown));
      return thrown.reason;
    }
  };
  assert.equal(await sync(), refusesToMove ?? 'fast_forwarded');
  if (refusesToMove === undefined) {
    assert.equal(work.read('pushed.txt').toString(), 'pushed\n');
    assert.equal(work.read('a.txt').toString(), 'again\n');
    if (sized({ short: !plainWorktrees, long: true })) {
      const pin = await pinTo(worktree, 'origin/main');
      assert.equal(pin.commit, pushed);
      const root = path.join(repo.base, 'layout', 'beside');
      await addWorktree(worktree, pin, { root, branch: 'beside' }, { ...who, fetcher: new CountedNetwork() });
      const outcomes = await bring(worktree, pin);
      assert.ok(outcomes.length >= 2);
      for (const { outcome, head, worktree: key } of outcomes) {
        assert.ok(outcome === 'on_pin' || outcome === 'fast_forwarded', `${key}: ${outcome}`);
        assert.equal(head, pushed, key);
      }
      const seen = (await listWorktrees(await repo.open(new Git(), root))).find(
        ({ key }) => key === worktree.key,
      );
      assert.deepEqual(
        [seen?.missing, seen?.root === folder],
        fromLinked === 'unknown' ? [true, false] : [false, true],
      );
    }
  }

  // A reset by others is noticed, and asked about.
  git(folder, 'commit', '--quiet', '--all', '--message=Own work');
  const own = git(folder, 'rev-parse', 'HEAD');
  await work.checkpoint();
  // Of this one only git's log tells.
  git(folder, 'commit', '--quiet', '--allow-empty', '--message=Came and went');
  const unseen = git(folder, 'rev-parse', 'HEAD');
  git(folder, 'reset', '--quiet', '--hard', 'HEAD~2');
  await noticeFallen(worktree, { afterCheckpoint: true });
  const decision = await readDecision(worktree, worktree.key);
  assert.deepEqual([decision?.case, decision?.status], ['external_reset', 'pending']);
  assert.ok(work.isHeld(own));
  assert.ok(work.isHeld(unseen));

  // Put on another branch by somebody else.
  assert.equal((await readHead(worktree)).branch, branch);
  git(folder, 'switch', '--quiet', '-c', 'another');
  assert.equal((await readHead(worktree)).branch, 'refs/heads/another');
  return folder;
}

function forget(variables: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(variables)) {
    Reflect.deleteProperty(process.env, name);
  }
}

/** What fsmonitor's process and the reftable backend do beside us is no touch of ours. */
function untouched(work: TestRepo): string {
  return work
    .fingerprint()
    .replaceAll(/^git .* (?:fsmonitor--daemon|reftable|refs\/belay|logs\/refs\/belay)\/.*$\n?/gm, '');
}

function table(layouts: Readonly<Record<string, Layout>>): void {
  for (const [name, layout] of Object.entries(layouts)) {
    it(
      name,
      inRepo(async (repo) => {
        repo.git('mv', 'folder', 'inside');
        repo.write('outside/c.txt', 'third\n');
        repo.git('add', '--all');
        repo.git('commit', '--quiet', '--message=Folders');
        const upstream = path.join(repo.base, 'upstream.git');
        git(repo.base, 'clone', '--quiet', '--bare', repo.folder, upstream);
        git(upstream, 'config', 'uploadpack.allowFilter', 'true');
        git(upstream, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
        const base = path.join(repo.base, 'layout');
        fs.mkdirSync(base);
        try {
          const folder = await walk(repo, layout, upstream);
          layout.end?.(folder);
        } finally {
          forget(layout.environment?.(base) ?? {});
        }
      }),
    );
  }
}

describe('layouts', () => {
  table(usual);

  describe('that only newer gits know', () => {
    withNewestGit();
    table(newest);

    it(
      'references in a place of their own: what a call makes and drops again is held, which only logs tell of',
      inRepo(async (repo) => {
        const base = path.join(repo.base, 'layout');
        fs.mkdirSync(base);
        const folder = fs.realpathSync(begun(base, `file://${repo.folder}`));
        const gitDir = path.join(folder, '.git');
        const work = repo.other(folder, { gitDir, commonDir: gitDir });
        const worktree = await work.worktree();
        await work.checkpoint({ session: 's-one' });
        await callShell(
          work,
          worktree,
          `git commit --quiet --allow-empty --message=main && git rev-parse HEAD > made && git reset --quiet --hard HEAD~1 &&
           side=$(git commit-tree -m side -p HEAD 'HEAD^{tree}') && echo $side >> made &&
           git branch side $side && git branch --force side HEAD`,
        );
        for (const made of work.read('made').toString().trim().split('\n')) {
          assert.ok(work.isHeld(made), made);
        }
        const [notice] = noticesIn(await listBackups(worktree));
        assert.match(notice?.backups[0].fell?.subjects.join() ?? '', /main|side/);
      }),
    );
  });

  it(
    'a HEAD that is a link names its branch also once that is packed',
    inRepo(async (repo) => {
      repo.git('config', 'core.preferSymlinkRefs', 'true');
      repo.git('checkout', '--quiet', '-b', 'linked');
      assert.ok(fs.lstatSync(path.join(repo.gitDir, 'HEAD')).isSymbolicLink());
      repo.git('pack-refs', '--all', '--prune');
      assert.equal((await readHead(await repo.worktree())).branch, 'refs/heads/linked');
      repo.write('a.txt', 'edited\n');
      assert.equal((await repo.checkpoint()).checkpoint.branch, 'refs/heads/linked');
    }),
  );

  for (const first of ['there', 'gone'] as const) {
    it(
      `a file that a sparse checkout leaves out comes and goes: no deletion is recorded (${first} first)`,
      inRepo(async (repo) => {
        repo.write('outside/c.txt', 'third\n');
        repo.git('add', '--all');
        repo.git('commit', '--quiet', '--message=Folders');
        repo.git('sparse-checkout', 'set', '--cone', '--sparse-index', 'folder');
        const committed = repo.git('rev-parse', 'HEAD:outside/c.txt');
        const held = ({ checkpoint }: CheckpointResult): string =>
          repo.git('rev-parse', `${checkpoint.oid}:outside/c.txt`);
        if (first === 'gone') {
          assert.equal(held(await repo.checkpoint()), committed);
        }
        repo.write('outside/c.txt', 'edited\n');
        assert.notEqual(held(await repo.checkpoint()), committed);
        repo.remove('outside');
        assert.equal(held(await repo.checkpoint()), committed);
        repo.write('a.txt', 'edited\n');
        assert.equal(held(await repo.checkpoint()), committed);
      }),
    );
  }
});
