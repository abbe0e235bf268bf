import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { defaultLimits, type Limits } from '../../src/checkpoint/limits';
import type { CheckpointRequest, CheckpointResult } from '../../src/checkpoint/checkpoint';
import { takeCheckpoint } from '../../src/checkpoint/take';
import { Git } from '../../src/git/git';
import { pathBytes, pathFromBytes, pathFromText, type GitPath } from '../../src/git/path';
import { closeWorktree, openWorktree, type Worktree } from '../../src/git/worktree';
import { linkedGitDir, Template } from './template';

/** A file name as text, or as bytes where it is not UTF-8. */
export type FileName = string | Buffer;

/**
 * How repositories are stored where a test does not say so: `npm run test:git` says it to git itself, and so to every `git init`,
 * in these variables of git's (git(1)).
 */
const formatVariables = { objects: 'GIT_DEFAULT_HASH', references: 'GIT_DEFAULT_REF_FORMAT' } as const;

const defaults = {
  objectFormat: v.parse(v.picklist(['sha1', 'sha256']), process.env[formatVariables.objects] ?? 'sha1'),
  refFormat: v.parse(v.picklist(['files', 'reftable']), process.env[formatVariables.references] ?? 'files'),
};

/** For a test about references that are files: the lock of a single one, or one whose file holds nonsense. */
export const referencesAsFiles = { refFormat: 'files' } as const;

export interface TestRepoOptions {
  readonly objectFormat?: 'sha1' | 'sha256';
  /** How references are stored; `reftable` needs a git that knows it. */
  readonly refFormat?: 'files' | 'reftable';
  /** Work in a linked worktree of that folder name instead of the main one. */
  readonly linked?: string;
  /** Do not make the first commit. */
  readonly unborn?: boolean;
}

/** What a checkpoint request may leave to the fixture. */
export type TestRequest = Partial<CheckpointRequest> & { readonly limits?: Partial<Limits> };

/** `GIT_NEW`, which git to test with, is none of git's. */
const keptVariables = new Set<string>(['GIT_NEW', ...Object.values(formatVariables)]);

/** A home folder of the tests' own: the user's git configuration must not reach them, nor theirs the user. */
function isolateHome(): string {
  const home = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'belay-home-')));
  const config = path.join(home, 'gitconfig');
  fs.writeFileSync(
    config,
    '[user]\n\tname = Test Person\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n[protocol "file"]\n\tallow = always\n[advice]\n\tdetachedHead = false\n',
  );
  fs.chmodSync(home, 0o755);
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('GIT_') && !keptVariables.has(name)) {
      Reflect.deleteProperty(process.env, name);
    }
  }
  Object.assign(process.env, {
    HOME: home,
    USERPROFILE: home,
    GIT_CONFIG_GLOBAL: config,
    GIT_CONFIG_NOSYSTEM: '1',
  });
  Reflect.deleteProperty(process.env, 'XDG_CONFIG_HOME');
  process.once('exit', () => {
    fs.rmSync(home, { recursive: true, force: true });
  });
  return home;
}

/** The home folder that every git in the tests sees. */
export const testHome = isolateHome();

const templates = new Map<string, Template>();

/** What a repository with these options is a copy of. */
function templateOf(options: TestRepoOptions): Template {
  const { objectFormat, refFormat, unborn = false, linked } = { ...defaults, ...options };
  const key = JSON.stringify([objectFormat, refFormat, unborn, linked]);
  const known = templates.get(key);
  if (known !== undefined) {
    return known;
  }
  const template = new Template(
    () => path.join(testHome, `template-${templates.size}`),
    (base) => {
      const repo = TestRepo.in(base);
      fs.mkdirSync(path.join(repo.gitDir, 'info'), { recursive: true });
      // Without the examples of hooks that git puts into every repository.
      // An older git knows files alone, and no option to say so.
      const stored = refFormat === defaults.refFormat ? [] : [`--ref-format=${refFormat}`];
      repo.git('init', '--quiet', '--template=', `--object-format=${objectFormat}`, ...stored);
      fs.mkdirSync(path.join(repo.gitDir, 'hooks'));
      if (!unborn) {
        repo.write('a.txt', 'first\n');
        repo.write('folder/b.txt', 'second\n');
        repo.git('add', '--all');
        repo.git('commit', '--quiet', '--message=Start');
      }
      if (linked !== undefined) {
        repo.link(linked);
      }
    },
  );
  templates.set(key, template);
  return template;
}

/** A real git repository in a temporary folder of its own. */
export class TestRepo {
  private readonly opened: Worktree[] = [];
  private readonly others: TestRepo[] = [];
  private first: Promise<Worktree> | undefined;

  private constructor(
    /** Holds everything of this repository; removed with it. */
    readonly base: string,
    /** The working folder that the tests work in. */
    readonly folder: string,
    /** The git common dir. */
    readonly commonDir: string,
    /** The working folder's own git dir. */
    readonly gitDir: string,
  ) {}

  static create(options: TestRepoOptions = {}): TestRepo {
    const base = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'belay-core-')));
    templateOf(options).copyTo(base);
    const main = TestRepo.in(base);
    return options.linked === undefined ? main : main.linked(options.linked);
  }

  /** What a repository without options is a copy of. */
  static template(): Template {
    return templateOf({});
  }

  /** The repository that lies in `repo` of that folder. */
  static in(base: string): TestRepo {
    const folder = path.join(base, 'repo');
    const commonDir = path.join(folder, '.git');
    return new TestRepo(base, folder, commonDir, commonDir);
  }

  /** A linked worktree of this repository, as a repository to test in. It is removed with this one. */
  link(name: string): TestRepo {
    this.git('worktree', 'add', '--quiet', '--detach', path.join(this.base, 'linked', name));
    return this.linked(name);
  }

  private linked(name: string): TestRepo {
    const folder = path.join(this.base, 'linked', name);
    const gitDir = linkedGitDir(path.join(folder, '.git'));
    return this.with(new TestRepo(this.base, folder, this.commonDir, gitDir));
  }

  /** Another repository, somewhere in the same base, that is there already. It is removed with this one. */
  other(
    folder: string,
    { gitDir, commonDir } = { gitDir: path.join(folder, '.git'), commonDir: path.join(folder, '.git') },
  ): TestRepo {
    return this.with(new TestRepo(this.base, folder, commonDir, gitDir));
  }

  private with(repo: TestRepo): TestRepo {
    this.others.push(repo);
    return repo;
  }

  /** Runs the user's git in the working folder and gives what it printed. */
  git(...args: string[]): string {
    return this.textIn(this.folder, ...args);
  }

  /** As {@link git}, for output that is bytes. */
  gitBytes(
    args: readonly string[],
    input?: Buffer | string,
    env: Readonly<Record<string, string>> = {},
  ): Buffer {
    return execFileSync('git', args, {
      cwd: this.folder,
      input: input ?? '',
      env: { ...process.env, ...env },
      maxBuffer: 1 << 28,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  /** Runs the user's git and gives its exit code; for what may fail. */
  tryGit(...args: string[]): { readonly code: number; readonly output: string } {
    const { status, stdout, stderr } = spawnSync('git', args, { cwd: this.folder, encoding: 'utf8' });
    return { code: status ?? -1, output: stdout + stderr };
  }

  private textIn(cwd: string, ...args: string[]): string {
    return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd();
  }

  /** Where a file of the working folder is on disk. */
  at(name: FileName): Buffer {
    return Buffer.concat([Buffer.from(`${this.folder}/`), Buffer.from(name)]);
  }

  write(name: FileName, content: Buffer | string, mode?: number): void {
    const file = this.at(name);
    fs.mkdirSync(file.subarray(0, file.lastIndexOf(0x2f)), { recursive: true });
    fs.writeFileSync(file, content);
    if (mode !== undefined) {
      fs.chmodSync(file, mode);
    }
  }

  read(name: FileName): Buffer {
    return fs.readFileSync(this.at(name));
  }

  remove(name: FileName): void {
    fs.rmSync(this.at(name), { recursive: true, force: true });
  }

  /** An executable file outside of the working folder. */
  script(name: string, text: string): string {
    const file = path.join(this.base, name);
    fs.writeFileSync(file, text);
    fs.chmodSync(file, 0o755);
    return file;
  }

  /** The worktree, opened; always the same one for the default git. */
  worktree(): Promise<Worktree> {
    this.first ??= this.open();
    return this.first;
  }

  /** The worktree, opened once more: with another git, or as another process would. */
  async open(git: Git = new Git(), folder: string = this.folder): Promise<Worktree> {
    const worktree = await openWorktree(git, folder);
    this.opened.push(worktree);
    return worktree;
  }

  async checkpoint(request: TestRequest = {}, worktree?: Worktree): Promise<CheckpointResult> {
    const { limits, ...rest } = request;
    return takeCheckpoint(
      worktree ?? (await this.worktree()),
      { session: 'session-1', agent: 'test', ...rest },
      { limits: { ...defaultLimits, ...limits } },
    );
  }

  /** All refs with their values; those of Belay, those of everybody else, or all. */
  refs(whose: 'belay' | 'others' | 'all' = 'all'): Map<string, string> {
    const lines = this.git('for-each-ref', '--format=%(objectname) %(refname)').split('\n');
    const refs = lines
      .filter((line) => line !== '')
      .map((line): [string, string] => [afterSpace(line), beforeSpace(line)]);
    return new Map(
      refs.filter(([name]) => whose === 'all' || name.startsWith('refs/belay/') === (whose === 'belay')),
    );
  }

  /** As a repository in which nothing was ever asked: neither its references nor what is remembered know of a question. */
  forgetQuestions(): void {
    this.forgetReferences('refs/belay/decision/');
    fs.rmSync(path.join(this.commonDir, 'belay/questions'), { recursive: true, force: true });
    fs.rmSync(path.join(testHome, '.belay/questions'), { recursive: true, force: true });
  }

  /** Deletes every reference below that prefix. */
  forgetReferences(prefix: string): void {
    const deletions = this.git('for-each-ref', '--format=delete %(refname)', prefix);
    this.gitBytes(['update-ref', '--no-deref', '--stdin'], deletions === '' ? '' : `${deletions}\n`);
  }

  /** Whether the commit can be reached from one of Belay's refs. */
  isHeld(oid: string): boolean {
    return this.git('for-each-ref', `--contains=${oid}`, 'refs/belay/') !== '';
  }

  /**
   * Everything of the user's that a checkpoint must leave as it was: the index (bytes and time of change to the
   * nanosecond), the other files of the git dir, the refs outside of `refs/belay`, the stash, and each file and folder of
   * the working folder with its content, mode and time of change. As lines, so that a difference can be read. The tables of
   * a reftable hold Belay's references as well, so git is asked what else is in them: where each HEAD is, and the logs.
   */
  fingerprint(): string {
    const lines: string[] = [];
    for (const [name, oid] of this.refs('others')) {
      lines.push(`ref ${name} ${oid}`);
    }
    const ours = new Set(['belay', 'objects', 'reftable']);
    if (this.isReftable) {
      lines.push(
        this.git('worktree', 'list', '--porcelain'),
        this.tryGit('log', '--walk-reflogs', '--all', '--format=%gD %H %gs').output,
      );
    }
    for (const folder of new Set([this.commonDir, this.gitDir])) {
      walk(Buffer.from(folder), '', (name, file, stat) => {
        if (ours.has(name) || name === 'refs/belay' || /^worktrees\/[^/]+\/reftable$/.test(name)) {
          return false;
        }
        if (stat.isFile() && name !== 'packed-refs') {
          const time = name === 'index' ? ` ${stat.mtimeNs}` : '';
          lines.push(`git ${path.basename(folder)} ${name} ${digest(fs.readFileSync(file))}${time}`);
        }
        return true;
      });
    }
    for (const [name, { stat, content }] of this.disk()) {
      lines.push(`file ${name} ${stat.mode.toString(8)} ${stat.mtimeNs} ${digest(content)}`);
    }
    return lines.join('\n');
  }

  /** Whether its references are stored as reftable. */
  get isReftable(): boolean {
    return fs.existsSync(path.join(this.commonDir, 'reftable'));
  }

  /** The locks of Belay's references, as files or of a whole table, that are there now. */
  referenceLocks(): string[] {
    return ['refs/belay', 'reftable'].flatMap((name) => {
      const folder = path.join(this.commonDir, name);
      const names = fs.existsSync(folder)
        ? fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })
        : [];
      return names.filter((found) => found.endsWith('.lock')).map((found) => path.join(folder, found));
    });
  }

  /** Every file, link and folder of the working folder, other repositories' insides included; not its own git dir. */
  disk(): Map<GitPath, { readonly stat: fs.BigIntStats; readonly content: Buffer }> {
    const found = new Map<GitPath, { stat: fs.BigIntStats; content: Buffer }>();
    walk(Buffer.from(this.folder), '', (name, file, stat) => {
      if (name === '.git') {
        return false;
      }
      found.set(name, { stat, content: contentOf(file, stat) });
      return true;
    });
    return found;
  }

  /** What the working folder holds, as a tree would list it: mode and content of each file and link. */
  diskEntries(): Map<GitPath, string> {
    const entries = new Map<GitPath, string>();
    for (const [name, { stat, content }] of this.disk()) {
      if (stat.isFile() || stat.isSymbolicLink()) {
        const mode = stat.isSymbolicLink() ? '120000' : (stat.mode & 0o100n) === 0n ? '100644' : '100755';
        entries.set(name, entryText(mode, content));
      }
    }
    return entries;
  }

  /** What a tree holds, in the form of {@link diskEntries}; submodules are listed with their commit. */
  treeEntries(treeish: string): Map<GitPath, string> {
    const listed = pathFromBytes(this.gitBytes(['ls-tree', '-r', '-z', treeish]))
      .split('\0')
      .filter((line) => line !== '');
    const rows = listed.map((line) => {
      const [mode = '', type = '', oid = ''] = line.slice(0, line.indexOf('\t')).split(' ');
      return { mode, type, oid, name: line.slice(line.indexOf('\t') + 1) };
    });
    const blobs = rows.filter(({ type }) => type === 'blob');
    const output = this.gitBytes(['cat-file', '--batch'], blobs.map(({ oid }) => `${oid}\n`).join(''));
    const contents: Buffer[] = [];
    for (let at = 0; at < output.length;) {
      const end = output.indexOf(0x0a, at);
      const size = Number(output.toString('latin1', at, end).split(' ')[2]);
      if (!Number.isInteger(size)) {
        throw new Error(
          `The tree ${treeish} names an object that is missing: ${output.toString('latin1', at, end)}`,
        );
      }
      contents.push(output.subarray(end + 1, end + 1 + size));
      at = end + 1 + size + 1;
    }
    const entries = new Map<GitPath, string>();
    for (const { mode, type, oid, name } of rows) {
      entries.set(
        name,
        type === 'blob' ? entryText(mode, contents.shift() ?? Buffer.alloc(0)) : `${mode} ${oid}`,
      );
    }
    return entries;
  }

  dispose(): void {
    for (const worktree of [this, ...this.others].flatMap(({ opened }) => opened)) {
      closeWorktree(worktree);
      worktree.git.endAll();
    }
    // A process in the background may still be at work in it.
    fs.rmSync(this.base, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** The id of no object there is, as long as the repository's are. */
export function noObject(repo: TestRepo): string {
  return '1'.repeat(repo.git('rev-parse', 'HEAD').length);
}

/** One entry of a listing: the mode and what stands for the content. */
export function entryText(mode: string, content: Buffer | string): string {
  return `${mode} ${digest(Buffer.from(content))}`;
}

/** A name as the listings have it. */
export function gitPath(name: FileName): GitPath {
  return typeof name === 'string' ? pathFromText(name) : pathFromBytes(name);
}

/** Runs a test in a repository of its own, which is removed afterwards. */
export function inRepo(
  work: (repo: TestRepo) => Promise<void> | void,
  options?: TestRepoOptions,
): (this: Mocha.Context) => Promise<void> {
  return async () => {
    const repo = TestRepo.create(options);
    try {
      await work(repo);
    } finally {
      repo.dispose();
    }
  };
}

function walk(
  folder: Buffer,
  prefix: GitPath,
  visit: (name: GitPath, file: Buffer, stat: fs.BigIntStats) => boolean,
): void {
  const names = fs.readdirSync(folder, { encoding: 'buffer' }).sort((a, b) => Buffer.compare(a, b));
  for (const bytes of names) {
    const file = Buffer.concat([folder, Buffer.from('/'), bytes]);
    const name = prefix + pathFromBytes(bytes);
    const stat = fs.lstatSync(file, { bigint: true });
    if (visit(name, file, stat) && stat.isDirectory()) {
      walk(file, `${name}/`, visit);
    }
  }
}

function contentOf(file: Buffer, stat: fs.BigIntStats): Buffer {
  if (stat.isSymbolicLink()) {
    return fs.readlinkSync(file, { encoding: 'buffer' });
  }
  return stat.isFile() ? fs.readFileSync(file) : Buffer.alloc(0);
}

function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 24);
}

function beforeSpace(line: string): string {
  return line.slice(0, line.indexOf(' '));
}

function afterSpace(line: string): string {
  return line.slice(line.indexOf(' ') + 1);
}

/** The bytes of a path, for the calls that take them. */
export function fileName(name: GitPath): Buffer {
  return pathBytes(name);
}
