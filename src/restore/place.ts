import fs from 'node:fs/promises';
import { constants } from 'node:fs';
import { onDisk } from '../checkpoint/hash';
import { hasCode, whenRefused } from '../git/diskErrors';
import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import type { BlockedReason } from './restoreRequest';
import { closedAbove, foldersAbove, isSame, lstat } from './statSnapshot';

/** What link(2) says where a file system has no hard links, or not between these two places. */
const noLinks = ['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK', 'ENOSYS'];

/**
 * Makes a file or link appear under a name, as a whole or not at all; what is there already is never replaced.
 * @param fresh A name beside for a copy, where the file system has no hard links.
 * @returns whether it was free.
 */
export async function place(from: Buffer, target: Buffer, fresh: Buffer): Promise<boolean> {
  try {
    const stat = await fs.lstat(from);
    if (stat.isSymbolicLink()) {
      // Not link(2), which follows symbolic links on some systems.
      await fs.symlink(await fs.readlink(from, 'buffer'), target);
    } else {
      await linkOrCopy(from, target, fresh);
    }
    return true;
  } catch (thrown) {
    if (hasCode(thrown, 'EEXIST')) {
      return false;
    }
    throw thrown;
  }
}

async function linkOrCopy(from: Buffer, target: Buffer, fresh: Buffer): Promise<void> {
  try {
    await fs.link(from, target);
  } catch (thrown) {
    if (!hasCode(thrown, ...noLinks)) {
      throw thrown;
    }
    await copyWhole(from, target, fresh);
  }
}

/** A copy that is there as a whole or not at all, where the file system can do that: a full disk leaves no half of a file. */
async function copyWhole(from: Buffer, target: Buffer, fresh: Buffer): Promise<void> {
  try {
    await fs.copyFile(from, fresh, constants.COPYFILE_EXCL);
    await keepTimes(from, fresh);
    await fs.link(fresh, target);
  } catch (thrown) {
    if (!hasCode(thrown, ...noLinks)) {
      throw thrown;
    }
    await fs.copyFile(from, target, constants.COPYFILE_EXCL);
    await keepTimes(from, target);
  } finally {
    await fs.rm(fresh, { force: true });
  }
}

async function keepTimes(from: Buffer, to: Buffer): Promise<void> {
  const { atime, mtime } = await fs.lstat(from);
  await fs.utimes(to, atime, mtime);
}

/**
 * Makes the folders above a path, never through a link: what lies behind one is not this worktree's.
 * @param made Gets those that were not there.
 */
export async function makeFoldersAbove(
  worktree: Worktree,
  name: GitPath,
  made: GitPath[],
): Promise<BlockedReason | undefined> {
  for (const folder of foldersAbove(name)) {
    const file = onDisk(worktree, folder);
    if ((await lstat(file)) === undefined) {
      try {
        await fs.mkdir(file);
        made.push(folder);
      } catch (thrown) {
        if (!hasCode(thrown, 'EEXIST')) {
          throw thrown;
        }
      }
    }
  }
  return closedAbove(worktree, name);
}

/**
 * Gives what was moved aside its name back, where that is free. It is in the folder in which its name beside is found, which nobody
 * else has: should a link stand above by now, the file was moved through it, or that very folder was replaced by the link;
 * neither may be left with a file of another name. Nothing is replaced:
 * never by a rename, which would take the place of a file that has appeared in that instant; only a folder is renamed, which
 * takes no file's place, and no folder's with anything in it (rename(2)).
 * @returns whether it has its name back, and has left the one beside it.
 */
export async function putBack(worktree: Worktree, move: Beside): Promise<boolean> {
  return giveBack(worktree, move).catch(whenRefused(false));
}

/** A file that stands under a name beside its own, and another such name, for a copy. */
interface Beside {
  readonly path: GitPath;
  readonly as: GitPath;
  readonly fresh: GitPath;
}

async function giveBack(worktree: Worktree, { path: name, as, fresh }: Beside): Promise<boolean> {
  const [file, target] = [onDisk(worktree, as), onDisk(worktree, name)];
  const stat = await lstat(file);
  if (stat === undefined) {
    return false;
  }
  if (stat.isDirectory()) {
    await fs.rename(file, target);
    return true;
  }
  const link = stat.isSymbolicLink() ? await fs.readlink(file, 'buffer') : undefined;
  if (!(await place(file, target, onDisk(worktree, fresh)))) {
    return false;
  }
  const now = await lstat(file);
  if (now === undefined || !isSame(now, stat)) {
    if (now === undefined && link !== undefined && (await closedAbove(worktree, name)) !== undefined) {
      // Made anew in another folder, which has come in between.
      const made = await fs.readlink(target, 'buffer');
      await (made.equals(link) ? fs.unlink(target) : undefined);
    }
    return false;
  }
  // Where that is refused the name beside is still there, and has to be let go of or named.
  await fs.unlink(file);
  return true;
}

/** Removes the folders above a path that are empty; a link among them ends it. */
export async function removeEmptyAbove(worktree: Worktree, name: GitPath): Promise<void> {
  for (const folder of foldersAbove(name).reverse()) {
    const file = onDisk(worktree, folder);
    const stat = (await closedAbove(worktree, folder)) === undefined ? await lstat(file) : undefined;
    if (stat?.isDirectory() === true && !(await removedEmpty(file))) {
      return;
    }
  }
}

/** Removes a folder if it is empty. */
export async function removedEmpty(folder: Buffer): Promise<boolean> {
  try {
    await fs.rmdir(folder);
    return true;
  } catch (thrown) {
    if (hasCode(thrown, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EBUSY', 'EPERM')) {
      return false;
    }
    throw thrown;
  }
}

/** Removes a folder, and those in it, if they are empty. */
export async function removeEmptyBelow(folder: Buffer): Promise<void> {
  if ((await lstat(folder))?.isDirectory() !== true) {
    return;
  }
  for (const name of await fs.readdir(folder, { encoding: 'buffer' })) {
    await removeEmptyBelow(Buffer.concat([folder, Buffer.from('/'), name]));
  }
  await removedEmpty(folder);
}
