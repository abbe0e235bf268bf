import fs from 'node:fs/promises';
import path from 'node:path';
import { whenMissing } from '../git/missing';
import type { Worktree } from '../git/worktree';

/** Leavings of killed commands are cleared once they are this old, in milliseconds. */
const leavingsAge = 60 * 60_000;

/** The name of a lock that was being made when its maker was killed. */
export const unfinishedLock = /\.[0-9a-f-]{36}$/;

/** Removes what killed commands left in Belay's own folder, once nobody can be using it any more. */
export async function clearLeavings(worktree: Worktree): Promise<void> {
  const { belayDir } = worktree.repository;
  for (const folder of ['tmp', 'restore', 'locks']) {
    for (const name of await fs.readdir(path.join(belayDir, folder)).catch(whenMissing([]))) {
      const file = path.join(belayDir, folder, name);
      const stat = await fs.stat(file).catch(whenMissing(undefined));
      const isLeaving = folder !== 'locks' || unfinishedLock.test(name);
      if (stat !== undefined && isLeaving && Date.now() - stat.mtimeMs > leavingsAge) {
        await fs.rm(file, { recursive: true, force: true });
      }
    }
  }
}
