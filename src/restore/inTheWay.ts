import fs from 'node:fs/promises';
import { onDisk } from '../checkpoint/hash';
import { pathFromBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import type { BlockedReason } from './restoreRequest';
import { foldersAbove, lstat } from './statSnapshot';

/** What stands above a path where a folder has to be, and does not go itself. */
export async function inTheWayAbove(
  worktree: Worktree,
  name: GitPath,
  going: ReadonlySet<GitPath>,
): Promise<BlockedReason | undefined> {
  for (const folder of foldersAbove(name)) {
    const stat = await lstat(onDisk(worktree, folder));
    if (stat === undefined || going.has(folder)) {
      return undefined;
    }
    if (stat.isSymbolicLink()) {
      return 'blocked_by_link';
    }
    if (!stat.isDirectory()) {
      return stat.isFile() ? 'uncaptured_in_the_way' : 'special_file_in_the_way';
    }
  }
  return undefined;
}

/** Whether the path is a folder in which something stays. */
export async function holdsMore(
  worktree: Worktree,
  name: GitPath,
  going: ReadonlySet<GitPath>,
): Promise<boolean> {
  if ((await lstat(onDisk(worktree, name)))?.isDirectory() !== true) {
    return false;
  }
  const children = await fs.readdir(onDisk(worktree, name), { withFileTypes: true, encoding: 'buffer' });
  for (const child of children) {
    const inside = `${name}/${pathFromBytes(child.name)}`;
    if (child.isDirectory() ? await holdsMore(worktree, inside, going) : !going.has(inside)) {
      return true;
    }
  }
  return false;
}
