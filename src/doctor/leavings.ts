import fs from 'node:fs/promises';
import path from 'node:path';
import { whenRefused } from '../git/diskErrors';
import type { Worktree } from '../git/worktree';

/** Leavings of killed commands are cleared once they are this old, in milliseconds. */
const leavingsAge = 60 * 60_000;

/** The name of a lock that was being made when its maker was killed. */
export const unfinishedLock = /\.[0-9a-f-]{36}$/;

/** Removes what killed commands left in Belay's own folder, once nobody can be using it any more. There is nothing to say of it. */
export async function clearLeavings(worktree: Worktree): Promise<string[]> {
  const { belayDir } = worktree.repository;
  for (const folder of ['tmp', 'restore', 'locks']) {
    for (const name of await fs.readdir(path.join(belayDir, folder)).catch(whenRefused([]))) {
      const file = path.join(belayDir, folder, name);
      const stat = await fs.lstat(file).catch(whenRefused(undefined));
      const isLeaving = folder !== 'locks' || unfinishedLock.test(name);
      if (stat !== undefined && isLeaving && Date.now() - stat.mtimeMs > leavingsAge) {
        await fs.rm(file, { recursive: true, force: true }).catch(whenRefused(undefined));
      }
    }
  }
  return [];
}
