import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { SyncOutcome } from '../../src/sync/outcome';
import type { FileName, TestRepo } from '../support/repo';

/** What a commit has at a path: a file, something with a mode of its own, or nothing. */
export type Content =
  string | Buffer | { readonly mode: string; readonly content: string | Buffer } | undefined;

/** A file name, as text or, where it is not UTF-8, in latin1 after `bytes:`. */
export type Files = Readonly<Record<string, Content>>;

/** Makes commits without touching the worktree. */
export class Commits {
  private readonly index: string;

  constructor(private readonly repo: TestRepo) {
    this.index = path.join(repo.base, 'commits-index');
  }

  /** A commit with these files changed against its first parent. */
  make(parents: readonly string[], files: Files, message: string | Buffer = 'A commit'): string {
    const env = { GIT_INDEX_FILE: this.index };
    const [first] = parents;
    this.repo.gitBytes(first === undefined ? ['read-tree', '--empty'] : ['read-tree', first], '', env);
    const zero = '0'.repeat(this.repo.git('rev-parse', 'HEAD').length);
    const lines = Object.entries(files).map(([name, what]): [boolean, Buffer] => {
      const bytes = name.startsWith('bytes:') ? Buffer.from(name.slice(6), 'latin1') : Buffer.from(name);
      if (what === undefined) {
        return [false, Buffer.concat([Buffer.from(`0 ${zero}\t`), bytes, Buffer.from([0])])];
      }
      const { mode, content } =
        typeof what === 'object' && 'mode' in what ? what : { mode: '100644', content: what };
      const oid =
        mode === '160000'
          ? content.toString()
          : this.repo.gitBytes(['hash-object', '-w', '--stdin'], content).toString().trim();
      return [true, Buffer.concat([Buffer.from(`${mode} ${oid}\t`), bytes, Buffer.from([0])])];
    });
    lines.sort(([a], [b]) => Number(a) - Number(b));
    this.repo.gitBytes(
      ['update-index', '-z', '--index-info'],
      Buffer.concat(lines.map(([, line]) => line)),
      env,
    );
    const tree = this.repo.gitBytes(['write-tree'], '', env).toString().trim();
    const on = parents.flatMap((parent) => ['-p', parent]);
    return this.repo
      .gitBytes(['commit-tree', tree, ...on, '-F', '-'], message)
      .toString()
      .trim();
  }

  /** Puts the worktree on a branch at `local` that follows another branch of the repository at `upstream`. */
  follow(local: string, upstream: string, name = 'work'): void {
    this.repo.git('update-ref', `refs/heads/${name}-upstream`, upstream);
    this.repo.git('checkout', '--quiet', '--force', '-B', name, local);
    this.repo.git('branch', '--quiet', `--set-upstream-to=${name}-upstream`, name);
  }
}

interface Piece {
  readonly where: string;
  readonly content: string;
}

/** All that must not get lost, as it was: every commit, every file on disk, and what is staged. */
export class Watch {
  private readonly commits: readonly string[];
  private readonly disk: ReadonlyMap<string, string>;
  private readonly staged: readonly string[];
  /** The paths that are not as the index has them, untracked and ignored ones among them. */
  private readonly changed: ReadonlySet<string>;
  private readonly head: string;
  readonly index: Buffer;

  /** @param alsoInLogs Whether commits that only git's logs hold count, too. */
  constructor(
    private readonly repo: TestRepo,
    alsoInLogs = true,
  ) {
    this.commits = lines(repo.git('rev-list', '--all', ...(alsoInLogs ? ['--reflog'] : [])));
    this.disk = repo.diskEntries();
    this.staged = lines(repo.git('ls-files', '--stage')).flatMap((line) =>
      line.startsWith('160000') ? [] : [line.split(' ')[1] ?? ''],
    );
    const listed = ['diff --name-only -z', 'ls-files --others -z'].map((command) =>
      repo.gitBytes(command.split(' ')).toString('latin1').split('\0'),
    );
    this.changed = new Set(listed.flat());
    this.head = repo.git('rev-parse', 'HEAD');
    this.index = fs.readFileSync(path.join(repo.gitDir, 'index'));
  }

  /** Fails unless all of it can still be had: commits and staged contents from references, files from disk or a checkpoint. */
  nothingLost(...checkpoints: readonly (string | undefined)[]): void {
    const { repo } = this;
    const hanging = lines(
      repo.gitBytes(['rev-list', '--stdin', '--not', '--all'], `${this.commits.join('\n')}\n`).toString(),
    );
    assert.deepEqual(hanging, [], 'commits that no reference holds any more');
    const now = repo.diskEntries();
    const held = checkpoints.flatMap((oid) => (oid === undefined ? [] : [repo.treeEntries(oid)]));
    const lost: Piece[] = [];
    for (const [where, content] of this.disk) {
      if (now.get(where) !== content && !held.some((entries) => entries.get(where) === content)) {
        lost.push({ where, content });
      }
    }
    assert.deepEqual(
      lost.filter(({ where }) => this.changed.has(where)),
      [],
      'files that are neither on disk nor in the checkpoint',
    );
    const objects = new Set(
      lines(repo.git('rev-list', '--objects', '--all')).map((line) => line.slice(0, 64).split(' ')[0]),
    );
    const index = new Set(lines(repo.git('ls-files', '--stage')).map((line) => line.split(' ')[1]));
    assert.deepEqual(
      this.staged.filter((oid) => !objects.has(oid) && !index.has(oid)),
      [],
      'staged contents that are lost',
    );
    assert.ok(
      lines(repo.git('reflog', 'show', '--format=%H', 'HEAD')).includes(this.head),
      'the log of HEAD has where it was',
    );
    this.tidy();
  }

  /** Fails when anything was left lying about. */
  tidy(): void {
    const { repo } = this;
    const locks = [repo.gitDir, repo.commonDir].flatMap((folder) =>
      fs.readdirSync(folder).filter((name) => name.endsWith('.lock')),
    );
    assert.deepEqual(locks, [], 'lock files');
    assert.deepEqual(
      [...repo.diskEntries().keys()].filter((name) => /\.belay-[0-9a-f]{8}$/.test(name)),
      [],
      'files that were moved aside',
    );
    const scratch = path.join(repo.commonDir, 'belay', 'tmp');
    assert.deepEqual(fs.existsSync(scratch) ? fs.readdirSync(scratch) : [], [], 'scratch files');
    const { code, output } = repo.tryGit('fsck', '--no-dangling', '--no-reflogs', '--connectivity-only');
    assert.equal(code, 0, output);
  }

  /** Fails unless files, index and branches are as they were. */
  untouched(): void {
    assert.deepEqual(this.repo.diskEntries(), this.disk, 'files');
    assert.equal(this.repo.git('rev-parse', 'HEAD'), this.head, 'HEAD');
    assert.ok(fs.readFileSync(path.join(this.repo.gitDir, 'index')).equals(this.index), 'the index');
    this.nothingLost();
  }
}

export function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

export function status(repo: TestRepo): string[] {
  return lines(repo.git('status', '--porcelain', '--untracked-files=all'));
}

/** What an outcome says, without what differs from run to run. */
export function gist({ case: what, hardReset, decision, backup }: SyncOutcome): string {
  return [
    what,
    hardReset ? 'reset' : '',
    decision === undefined ? '' : 'asks',
    backup === undefined ? '' : 'pinned',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

export function rawName(name: string): FileName {
  return name.startsWith('bytes:') ? Buffer.from(name.slice(6), 'latin1') : name;
}
