import type { BigIntStats } from 'node:fs';
import fs from 'node:fs/promises';
import { onDisk } from '../checkpoint/hash';
import { whenMissing } from '../git/diskErrors';
import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import type { BlockedReason } from './restoreRequest';

/** What `lstat` said of a path when its content was last compared; undefined when nothing was there. */
export type StatSnapshot = Pick<BigIntStats, 'ino' | 'size' | 'mtimeNs'> | undefined;

/** What `lstat` says; undefined where there is nothing. */
export async function lstat(file: Buffer | string): Promise<BigIntStats | undefined> {
  return fs.lstat(file, { bigint: true }).catch(whenMissing(undefined));
}

/** What stands at a path, folders apart: in them it is the files that count. */
export async function statSnapshot(worktree: Worktree, name: GitPath): Promise<StatSnapshot> {
  const stat = await lstat(onDisk(worktree, name));
  return stat?.isDirectory() === true ? undefined : stat;
}

export function isSame(stat: BigIntStats, seen: StatSnapshot): boolean {
  return stat.ino === seen?.ino && stat.size === seen.size && stat.mtimeNs === seen.mtimeNs;
}

/** Whether it is neither file, link nor folder: what a FIFO, socket or device is to its programs no checkpoint holds. */
export function isSpecial(stat: BigIntStats): boolean {
  return !stat.isFile() && !stat.isSymbolicLink() && !stat.isDirectory();
}

/** Why a path cannot be reached through folders alone; a folder that is missing is none in the way. */
export async function closedAbove(worktree: Worktree, name: GitPath): Promise<BlockedReason | undefined> {
  for (const folder of foldersAbove(name)) {
    const stat = await lstat(onDisk(worktree, folder));
    if (stat === undefined) {
      return undefined;
    }
    if (stat.isSymbolicLink()) {
      return 'blocked_by_link';
    }
    if (!stat.isDirectory()) {
      return 'blocked_by_folder';
    }
  }
  return undefined;
}

/** The folders above a path, the outermost first. */
export function foldersAbove(name: GitPath): GitPath[] {
  const above: GitPath[] = [];
  for (let slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
    above.push(name.slice(0, slash));
  }
  return above;
}
