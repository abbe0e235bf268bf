import { createHash } from 'node:crypto';
import fs, { type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { BelayError, messageOf } from '../errors';
import { noteChange } from '../ledger';
import type { Reason } from '../reasons';
import { hasCode, isDiskError, whenMissing } from './diskErrors';
import { Again, retry } from './retry';
import type { Worktree } from './worktree';

/** Time limit in ms for waiting until another git has written the index. */
const lockTimeoutMs = 2_000;

/** What an index that stays locked is told as: for a move of a branch, that it could not be published. */
type Locked = Extract<Reason, 'index_locked' | 'publish_failed'>;

/** An index file, byte for byte. */
export interface IndexFile {
  /** Undefined where there is none, which git takes for an empty one. */
  readonly content: Buffer | undefined;
  /**
   * When it was written, in milliseconds since the epoch, never later than it was: git reads the files that changed since an
   * index was written once more, and an index that seems newer than it is hides edits of the same moment.
   */
  readonly writtenMs: number;
}

/** The user's own index. */
export function userIndexPath({ gitDir }: Pick<Worktree, 'gitDir'>): string {
  return path.join(gitDir, 'index');
}

/** Reads an index file. One that git replaces at that moment is still read completely: git puts another file in its place. */
export async function readIndexFile(file: string): Promise<IndexFile> {
  const opened = await fs.open(file).catch(whenMissing(undefined));
  if (opened === undefined) {
    return { content: undefined, writtenMs: 0 };
  }
  try {
    const { mtimeMs } = await opened.stat();
    return { content: await opened.readFile(), writtenMs: Math.floor(mtimeMs) - 1 };
  } finally {
    await opened.close();
  }
}

/** Puts an index where a git of ours works on it, with its time. */
export async function copyIndexTo({ content, writtenMs }: IndexFile, file: string): Promise<void> {
  if (content !== undefined) {
    await fs.writeFile(file, content);
    await fs.utimes(file, writtenMs / 1000, writtenMs / 1000);
  }
}

/** Waits until no git writes the user's index. @throws BelayError as {@link untilFree}. */
export async function waitForIndex(worktree: Worktree, reason: Locked = 'index_locked'): Promise<void> {
  const lock = `${userIndexPath(worktree)}.lock`;
  await untilFree(lock, reason, () => fs.lstat(lock).then(() => undefined, whenMissing(true)));
}

/**
 * Puts another index in the place of the user's, if that still is what was seen, by git's own protocol: `index.lock` is made
 * where there is none, written, and renamed. The comparison is made under the lock, so nothing that anybody stages is lost;
 * `git update-index` on the index itself takes the same lock, but cannot compare what it replaces.
 * @param check runs under the lock; if it throws, nothing is changed.
 * @returns whether it still was what was seen.
 * @throws BelayError `index_locked`, `index_not_written`, or what `check` throws.
 */
export async function replaceUserIndex(
  worktree: Worktree,
  seen: IndexFile,
  wanted: IndexFile,
  check: () => Promise<void>,
): Promise<boolean> {
  const file = userIndexPath(worktree);
  const lock = `${file}.lock`;
  const locked = await takeLock(lock);
  let isLockLeft = true;
  try {
    await check();
    const { content } = await readIndexFile(file);
    if (!isSameContent(content, seen.content)) {
      return false;
    }
    if (wanted.content === undefined) {
      await fs.rm(file, { force: true });
      noteReplaced(worktree, seen, wanted);
      return true;
    }
    await locked.writeFile(wanted.content);
    const mode =
      (await fs.stat(file).catch(whenMissing(undefined)))?.mode ?? worktree.repository.shared?.file;
    if (mode !== undefined) {
      await locked.chmod(mode & 0o777);
    }
    await locked.utimes(wanted.writtenMs / 1000, wanted.writtenMs / 1000);
    await locked.datasync();
    await fs.rename(lock, file);
    isLockLeft = false;
    noteReplaced(worktree, seen, wanted);
    return true;
  } catch (thrown) {
    throw isDiskError(thrown) ? notWritten(file, thrown) : thrown;
  } finally {
    await locked.close();
    if (isLockLeft) {
      await fs.rm(lock, { force: true });
    }
  }
}

/** Whether two indexes are the same bytes, or neither is there. */
export function isSameContent(one: Buffer | undefined, other: Buffer | undefined): boolean {
  return one === undefined || other === undefined ? one === other : one.equals(other);
}

function noteReplaced({ root }: Worktree, seen: IndexFile, wanted: IndexFile): void {
  noteChange('index', root, { from: digest(seen), to: digest(wanted) });
}

function digest({ content }: IndexFile): string | undefined {
  return content && createHash('sha256').update(content).digest('hex');
}

function notWritten(file: string, thrown: unknown): BelayError {
  return new BelayError('index_not_written', `The index ${file} could not be written: ${messageOf(thrown)}`, {
    cause: thrown,
  });
}

async function takeLock(lock: string): Promise<FileHandle> {
  return untilFree(lock, 'index_locked', async () => {
    try {
      return await fs.open(lock, 'wx');
    } catch (thrown) {
      if (!hasCode(thrown, 'EEXIST')) {
        throw notWritten(lock, thrown);
      }
      return undefined;
    }
  });
}

/** Tries until something comes of it. @throws BelayError for that reason when another git keeps the lock. */
export async function untilFree<T>(
  lock: string,
  reason: Locked,
  attempt: () => Promise<T | undefined>,
): Promise<T> {
  const words = `The index is locked (${lock}): a git is writing it, or was killed while it did.`;
  return retry(
    { withinMs: lockTimeoutMs, pauseMs: () => 20 + Math.random() * 30 },
    async () => (await attempt()) ?? new Again(new BelayError(reason, words)),
  );
}
