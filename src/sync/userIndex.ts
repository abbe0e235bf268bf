import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { BelayError } from '../errors';
import { noteChange } from '../ledger';
import { hasCode, whenMissing } from '../git/diskErrors';
import { untilFree, waitForIndex } from '../git/indexFile';
import { makeOwnFolder } from '../git/own';
import { pathFromBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import type { PathEntry } from '../checkpoint/trees';

/**
 * The user's index while a move replaces it. The new one is made beside it and takes its place by git's own protocol, and
 * only if the index is unchanged since the move began: what others stage in between is never lost.
 */
export class UserIndex {
  private replacedBy: Buffer | undefined;

  private constructor(
    private readonly worktree: Worktree,
    /** What the index was. */
    private readonly original: Buffer | undefined,
    /** Where the new one is made; at first a copy, times included: git tells by them which files it must read again. */
    private readonly fresh: string,
    private readonly kept: string,
  ) {}

  /** @throws BelayError `publish_failed` when it is locked: then a move need not even begin. */
  static async open(worktree: Worktree): Promise<UserIndex> {
    await waitForIndex(worktree, 'publish_failed');
    const folder = await makeOwnFolder(worktree.repository, 'tmp');
    const fresh = path.join(folder, `index-${randomUUID()}`);
    const kept = `${fresh}-before`;
    const file = path.join(worktree.gitDir, 'index');
    const original = await fs.readFile(file).catch(whenMissing(undefined));
    if (original !== undefined) {
      const { atime, mtimeMs } = await fs.stat(file);
      for (const copy of [fresh, kept]) {
        await fs.writeFile(copy, original);
        // Rounded down: an index that seems newer than it is hides edits of the same moment.
        await fs.utimes(copy, atime, Math.floor(mtimeMs / 1000));
      }
    }
    return new UserIndex(worktree, original, fresh, kept);
  }

  /** The paths in which what is staged differs from a tree; those in conflict are left out. */
  async differsFrom(tree: string): Promise<GitPath[]> {
    return [...(await this.staged(tree))].flatMap(([name, { conflict }]) => (conflict ? [] : [name]));
  }

  /** What is staged against a commit; no entry for a path that is staged as deleted. */
  async staged(
    commit: string,
  ): Promise<Map<GitPath, { readonly entry: PathEntry | undefined; readonly conflict: boolean }>> {
    const { stdout } = await this.run([
      'diff-index',
      '--cached',
      '-z',
      '--no-renames',
      '--no-abbrev',
      commit,
      '--',
    ]);
    const fields = pathFromBytes(stdout).split('\0');
    const entries = new Map<GitPath, { entry: PathEntry | undefined; conflict: boolean }>();
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const [, mode = '', oid = '', letter = ''] =
        /^:\d{6} (\d{6}) [0-9a-f]+ ([0-9a-f]+) ([A-Z])/.exec(fields[at] ?? '') ?? [];
      const name = fields[at + 1] ?? '';
      const conflict = letter === 'U' || entries.get(name)?.conflict === true;
      entries.set(name, { entry: /^0+$/.test(oid) ? undefined : { mode, oid }, conflict });
    }
    return entries;
  }

  /** The paths that it holds. */
  async paths(): Promise<Set<GitPath>> {
    const { stdout } = await this.run(['ls-files', '-z', '--cached']);
    return new Set(
      pathFromBytes(stdout)
        .split('\0')
        .filter((name) => name !== ''),
    );
  }

  /**
   * Puts these entries into the new index, and takes those without one out. What is to be skipped in the worktree stays so, as git
   * itself has it when it moves.
   */
  async put(entries: ReadonlyMap<GitPath, PathEntry | undefined>): Promise<void> {
    const zero = this.worktree.repository.zeroOid;
    const line = ([name, entry]: [GitPath, PathEntry | undefined]): string =>
      entry === undefined ? `0 ${zero}\t${name}\0` : `${entry.mode} ${entry.oid}\t${name}\0`;
    // Removals first: a file may take the place of a folder.
    const removed = [...entries].filter(([, entry]) => entry === undefined);
    const added = [...entries].filter(([, entry]) => entry !== undefined);
    const input = Buffer.from([...removed, ...added].map(line).join(''), 'latin1');
    const skipped = (await this.skipped()).filter((name) => entries.get(name) !== undefined);
    await this.run(['update-index', '-z', '--index-info'], input);
    if (skipped.length > 0) {
      const names = Buffer.from(skipped.map((name) => `${name}\0`).join(''), 'latin1');
      await this.run(['update-index', '-z', '--skip-worktree', '--stdin'], names);
    }
  }

  /** The paths that git is to leave alone in the worktree (git-update-index(1), "SKIP-WORKTREE BIT"). */
  private async skipped(): Promise<GitPath[]> {
    const { stdout } = await this.run(['ls-files', '-z', '-t', '--cached']);
    return pathFromBytes(stdout)
      .split('\0')
      .flatMap((line) => (line.startsWith('S ') ? [line.slice(2)] : []));
  }

  /** Makes the new index that of a commit. */
  async become(commit: string): Promise<void> {
    await this.run(['read-tree', '--reset', commit]);
  }

  /**
   * Puts the new index in the place of the user's.
   * @throws BelayError `publish_failed` when it is locked, `branch_moved` when something was staged in between.
   */
  async replace(): Promise<void> {
    // Only what git knows of the files' times; without it the next `git status` reads them once.
    await this.worktree.git.run({
      args: ['update-index', '-q', '--refresh'],
      cwd: this.worktree.root,
      env: { GIT_INDEX_FILE: this.fresh },
      locale: 'user',
      answers: [1, 128],
    });
    const content = await fs.readFile(this.fresh);
    await this.swap(this.original, this.fresh);
    this.replacedBy = content;
    noteChange('index', this.worktree.root, { from: 'before', to: this.fresh });
  }

  /** Puts back what was there before, if it was replaced. @throws BelayError as {@link replace}. */
  async putBack(): Promise<void> {
    if (this.replacedBy !== undefined) {
      await this.swap(this.replacedBy, this.kept);
      this.replacedBy = undefined;
      noteChange('index', this.worktree.root, { from: this.fresh, to: 'before' });
    }
  }

  async close(): Promise<void> {
    await fs.rm(this.fresh, { force: true });
    await fs.rm(this.kept, { force: true });
  }

  private run(args: readonly string[], input?: Buffer): Promise<{ stdout: Buffer }> {
    const { git, root: cwd } = this.worktree;
    return git.run({ args, cwd, env: { GIT_INDEX_FILE: this.fresh }, ...(input && { input }) });
  }

  /** Lock, compare, rename, as git does it. */
  private async swap(expected: Buffer | undefined, replacement: string): Promise<void> {
    const file = path.join(this.worktree.gitDir, 'index');
    const lock = `${file}.lock`;
    await takeLock(lock);
    try {
      const now = await fs.readFile(file).catch(whenMissing(undefined));
      if (now === undefined || expected === undefined ? now !== expected : !now.equals(expected)) {
        throw new BelayError('branch_moved', 'Something was staged or unstaged meanwhile.');
      }
      await fs.rename(replacement, lock);
      await fs.rename(lock, file);
    } catch (thrown) {
      await fs.rm(lock, { force: true });
      throw thrown;
    }
  }
}

async function takeLock(lock: string): Promise<void> {
  await untilFree(lock, 'publish_failed', async () => {
    try {
      await (await fs.open(lock, 'wx')).close();
      return true;
    } catch (thrown) {
      if (!hasCode(thrown, 'EEXIST')) {
        throw thrown;
      }
      return undefined;
    }
  });
}
