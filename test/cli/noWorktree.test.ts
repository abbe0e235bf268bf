import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { belay, json, type Ended } from '../support/cli';
import { importCommit } from '../support/importing';
import { TestRepo } from '../support/repo';
import { hook, write } from '../agents/support';

/** A repository without files of its own, and its worktrees `one` and `two`. */
interface Project {
  /** The folder that belongs to it and lies in no worktree. */
  readonly folder: string;
  readonly one: string;
  readonly two: string;
  readonly upstream: string;
}

function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd();
}

/** `proj/.bare` with a file `proj/.git` that leads there, and the worktrees beside. */
function besideWorktrees(repo: TestRepo): Project {
  const folder = path.join(repo.base, 'proj');
  return cloned(repo, folder, path.join(folder, '.bare'), folder);
}

/** A bare repository, with worktrees somewhere else. */
function plainBare(repo: TestRepo): Project {
  const bare = path.join(repo.base, 'plain.git');
  return cloned(repo, bare, bare, path.join(repo.base, 'elsewhere'));
}

function cloned(repo: TestRepo, folder: string, bare: string, worktrees: string): Project {
  const upstream = path.join(repo.base, `upstream-of-${path.basename(folder)}`);
  git(repo.base, 'clone', '--quiet', '--bare', repo.folder, upstream);
  git(repo.base, 'clone', '--quiet', '--bare', upstream, bare);
  if (folder !== bare) {
    fs.writeFileSync(path.join(folder, '.git'), `gitdir: ./${path.basename(bare)}\n`);
  }
  git(folder, 'config', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*');
  git(folder, 'fetch', '--quiet', 'origin');
  const [one, two] = ['one', 'two'].map((name) => {
    const root = path.join(worktrees, name);
    git(folder, 'worktree', 'add', '--quiet', '--track', '-b', name, root, 'origin/main');
    return root;
  });
  assert.ok(one !== undefined && two !== undefined);
  return { folder, one, two, upstream };
}

const found = v.object({ token: v.optional(v.string()), checkpoint: v.optional(v.string()) });
const failure = v.object({
  error: v.object({
    reason: v.string(),
    message: v.string(),
    next: v.string(),
    worktrees: v.optional(v.array(v.string())),
  }),
});

/** What rows before have found. */
interface Known {
  /** Of the worktree `one`. */
  readonly checkpoint: string;
  token: string;
  backup: string;
}

interface Row {
  /** The words of the command, then what follows them. */
  readonly command: string;
  readonly args?: (known: Known) => readonly string[];
  /** What it prints; or the reason for which it refuses, of which `bare_repository` names the worktrees. */
  readonly says: RegExp | { readonly reason: string };
  readonly then?: (ended: Ended, known: Known, project: Project) => void;
}

const needsOne = { reason: 'bare_repository' } as const;
const agent = ['--session', 's9', '--agent', 'codex'];

const rows: readonly Row[] = [
  { command: 'log', says: /a\.txt|codex/, then: bothIn },
  { command: 'log', args: () => ['--worktree', 'two'], says: /^(?!.*s1)[^]*s2/ },
  { command: 'show', args: ({ checkpoint }) => [checkpoint], says: /a\.txt/ },
  { command: 'diff', args: ({ checkpoint }) => [checkpoint], says: /^\+edited in one$/m },
  { command: 'diff', args: ({ checkpoint }) => [checkpoint, '--', 'a.txt'], says: /^\+edited in one$/m },
  { command: 'diff', args: ({ checkpoint }) => [checkpoint, '--', 'folder'], says: /^$/ },
  { command: 'worktrees', says: /^one {2}[^]*^two {2}/m },
  { command: 'worktree list', says: /^one {2}[^]*^two {2}/m },
  { command: 'sessions', says: /s2[^]*s1/ },
  { command: 'session list', says: /s2[^]*s1/ },
  { command: 'owners', says: /^one {2}a\.txt {2}codex s1[^]*^two {2}a\.txt {2}codex s2/m },
  { command: 'checkpoint', args: () => agent, says: needsOne },
  { command: 'include', args: () => ['a.txt'], says: needsOne },
  { command: 'restore', args: ({ checkpoint }) => [checkpoint], says: needsOne },
  { command: 'undo-restore', says: needsOne },
  { command: 'session start', args: () => agent, says: needsOne },
  { command: 'session end', args: () => ['s1', '--take-over'], says: /ended/ },
  { command: 'lease claim', args: () => ['session/s9', '--owner', 'me'], says: needsOne },
  {
    command: 'lease claim',
    args: () => ['worktree/one', '--owner', 'me'],
    says: /^[0-9a-f]{40}(?:[0-9a-f]{24})?\n$/,
    then: ({ out }, known) => {
      known.token = out.trim();
    },
  },
  { command: 'lease renew', args: ({ token }) => ['worktree/one', '--lease', token], says: /held by me/ },
  { command: 'lease check', args: () => ['worktree/one'], says: /held by me/ },
  { command: 'lease list', says: /worktree\/one/ },
  { command: 'lease release', args: ({ token }) => ['worktree/one', '--lease', token], says: /released/ },
  { command: 'lease history', args: () => ['worktree/one'], says: /released[^]*held/ },
  { command: 'sync', says: needsOne },
  { command: 'sync', args: () => ['--worktree', 'one'], says: /^one {2}fast forwarded/ },
  {
    command: 'sync',
    args: () => ['--all'],
    says: /^one {2}up to date\n[^]*^two {2}diverged rebased/m,
    then: (_ended, _known, { one }) => {
      assert.equal(fs.readFileSync(path.join(one, 'new.txt'), 'utf8'), 'new\n');
      assert.equal(fs.readFileSync(path.join(one, 'a.txt'), 'utf8'), 'edited in one\n');
    },
  },
  {
    command: 'backups list',
    says: /refs\/belay\/backup\/\S+\/two\//,
    then: ({ out }, known) => {
      known.backup = /refs\/belay\/backup\/\S+/.exec(out)?.[0] ?? '';
    },
  },
  { command: 'backups show', args: ({ backup }) => [backup], says: /Local work/ },
  { command: 'backups branch', args: ({ backup }) => [backup, 'brought'], says: /refs\/heads\/brought/ },
  { command: 'backups pick', args: ({ backup }) => [backup, 'f00d'], says: needsOne },
  { command: 'backups stash', args: ({ backup }) => [backup], says: { reason: 'unknown_backup' } },
  { command: 'backups delete', args: ({ backup }) => [backup, '--yes'], says: /Removed/ },
  { command: 'decisions list', says: /Nothing waits for you/ },
  { command: 'decisions show', args: () => ['none'], says: { reason: 'unknown_decision' } },
  { command: 'pin set', args: () => ['p', 'HEAD'], says: needsOne },
  { command: 'pin set', args: () => ['p', 'origin/main', '--follow'], says: /^p {2}/ },
  { command: 'pin list', says: /^p {2}/ },
  { command: 'pin apply', args: () => ['p', '--all'], says: /^one[^]*^two/m },
  { command: 'pin follow', says: /Every pin is where its reference is/ },
  {
    command: 'worktree add',
    args: () => ['three', '--pin', 'p', '--branch', 'three'],
    says: /^three {2}made/,
  },
  { command: 'pin remove', args: () => ['p'], says: /Removed/ },
  { command: 'branch', args: ({ checkpoint }) => [checkpoint, 'made'], says: /refs\/heads\/made/ },
  {
    command: 'connect',
    args: () => ['claude-code', '--dry-run'],
    says: /\/one\/\.claude[^]*\/two\/\.claude/,
  },
  { command: 'disconnect', args: () => ['claude-code', '--dry-run'], says: /Nothing to change/ },
  { command: 'agents', says: /^claude-code/m },
  { command: 'doctor', says: /of the worktrees, \S+\/one was looked at/ },
  // The first of them is what other commands go through.
  { command: 'worktree remove', args: () => ['one'], says: /Removed one/ },
];

/** `hook` stands apart: it is no command of a person's. */
const tried = new Set(['hook', ...rows.map(({ command }) => command)]);

function bothIn({ out }: Ended): void {
  assert.ok(out.includes('s1') && out.includes('s2'), out);
}

/** All commands, by the program's own help. */
function commandsOf(folder: string, above: readonly string[] = []): string[] {
  const { out } = belay({ folder }, [...above, '--help']);
  const [, listed = ''] = out.split('\nCommands:\n');
  const names = [...listed.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => name);
  return names
    .filter((name) => name !== 'help')
    .flatMap((name) => {
      const words = [...above, name];
      // Those that have commands of their own take no options before them.
      const isGroup = new RegExp(`^ {2}${name} (?!.*\\[options\\])|^ {2}${name}(?: {2,}|$)`, 'm').test(
        listed,
      );
      return isGroup && above.length === 0 ? commandsOf(folder, words) : [words.join(' ')];
    });
}

describe('from a folder that is in no worktree of its repository', () => {
  let repo: TestRepo;
  let project: Project;
  let known: Known;

  before(() => {
    repo = TestRepo.create();
    project = besideWorktrees(repo);
    fs.writeFileSync(path.join(project.two, 'own.txt'), 'own\n');
    git(project.two, 'add', '--', 'own.txt');
    git(project.two, 'commit', '--quiet', '--message=Local work');
    const checkpoints = [
      ['one', 's1'],
      ['two', 's2'],
    ].map(([name = '', session = '']) => {
      const folder = path.join(project.folder, name);
      fs.writeFileSync(path.join(folder, 'a.txt'), `edited in ${name}\n`);
      return json(
        found,
        belay({ folder }, ['checkpoint', '--session', session, '--agent', 'codex', '--json']),
      );
    });
    known = { checkpoint: checkpoints[0]?.checkpoint ?? '', token: '', backup: '' };
    const { upstream } = project;
    const parents = [git(upstream, 'rev-parse', 'main')];
    importCommit(upstream, {
      parents,
      files: { 'new.txt': 'new\n' },
      message: 'From elsewhere',
      branch: 'main',
    });
  });

  after(() => {
    repo.dispose();
  });

  it('every command has a row', () => {
    const commands = commandsOf(project.folder);
    assert.ok(commands.includes('pin apply') && commands.includes('log'), commands.join(', '));
    assert.deepEqual(
      commands.filter((command) => !tried.has(command)),
      [],
    );
  });

  for (const { command, args, says, then } of rows) {
    const words = (from: Known): string[] => [...command.split(' '), ...(args?.(from) ?? [])];
    const shown = words({ checkpoint: 'CHECKPOINT', token: 'TOKEN', backup: 'BACKUP' }).join(' ');
    it(`${shown}: ${says instanceof RegExp ? 'goes through' : says.reason}`, () => {
      if (says instanceof RegExp) {
        const ended = belay(project, words(known));
        assert.equal(ended.code, 0, ended.err + ended.out);
        assert.match(ended.out, says);
        then?.(ended, known, project);
        return;
      }
      const ended = belay(project, [...words(known), '--json']);
      assert.equal(ended.code, 1, ended.err + ended.out);
      const { error } = v.parse(failure, JSON.parse(ended.out));
      assert.equal(error.reason, says.reason, error.message);
      if (says.reason === 'bare_repository') {
        assert.deepEqual(error.worktrees, [project.one, project.two]);
        assert.ok(ended.err.includes(`${project.one}, ${project.two}`), ended.err);
        assert.ok(ended.err.includes(`--cwd ${project.one}`) && ended.err.includes(`cd ${project.one}`));
      }
    });
  }

  it('a hook covers what its call changes in a worktree', () => {
    const where = { folder: project.folder };
    fs.writeFileSync(path.join(project.two, 'by-agent.txt'), 'by the agent\n');
    const file = path.join(project.two, 'by-agent.txt');
    assert.deepEqual(hook('claude-code', write(where, 'PostToolUse', file)), { code: 0, out: '', err: '' });
    const { out } = belay(project, ['log', '--worktree', 'two', '--limit', '1']);
    assert.match(out, /claude-code/);
  });
});

describe('a bare repository', () => {
  it('is read through its worktrees; without one, that is what is said', () => {
    const repo = TestRepo.create();
    try {
      const project = plainBare(repo);
      const taken = belay({ folder: project.two }, ['checkpoint', '--session', 's2', '--agent', 'codex']);
      assert.equal(taken.code, 0, taken.err);
      for (const folder of [project.folder, path.join(project.folder, 'refs')]) {
        assert.match(belay({ folder }, ['log']).out, /s2/);
        assert.match(belay({ folder }, ['worktree', 'list']).out, /^one {2}[^]*^two {2}/m);
      }
      const refused = belay(project, ['checkpoint', '--session', 's1', '--agent', 'codex']);
      assert.equal(refused.code, 1);
      assert.ok(refused.err.includes(`--cwd ${project.one}`), refused.err);
      // The first one is gone, though git still lists it.
      fs.rmSync(project.one, { recursive: true });
      assert.match(belay(project, ['log']).out, /s2/);
      fs.rmSync(project.two, { recursive: true });
      const none = belay(project, ['log', '--json']);
      const { error } = v.parse(failure, JSON.parse(none.out));
      assert.deepEqual([none.code, error.reason, error.worktrees], [1, 'bare_repository', []]);
      assert.ok(error.next.includes(`git -C ${project.folder} worktree add`), error.next);
    } finally {
      repo.dispose();
    }
  });
});
