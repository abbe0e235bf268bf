import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { SyncOutcome } from '../../src/sync/syncOutcome';
import { importCommit, type Files } from '../support/importing';
import type { FileName, TestRepo } from '../support/repo';

/** Makes commits without touching the worktree. */
export class Commits {
  constructor(private readonly repo: TestRepo) {}

  /** A commit with these files changed against its first parent. */
  make(parents: readonly string[], files: Files, message: string | Buffer = 'A commit'): string {
    return importCommit(this.repo.folder, { parents, files, message });
  }

  /**
   * Puts the worktree on a branch at `local` that follows another branch of the repository at `upstream`, which was seen where the
   * two went apart; where they never were together, git's log says that the local commit was made here.
   */
  follow(local: string, upstream: string, name = 'work'): void {
    const { code, output } = this.repo.tryGit('merge-base', local, upstream);
    if (code === 0) {
      this.repo.git('update-ref', `refs/heads/${name}-upstream`, output.trim());
    } else {
      this.repo.git('update-ref', '-m', 'commit: Made here', `refs/heads/${name}`, local);
    }
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
