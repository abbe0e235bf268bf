import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { hasCode, isMissing } from '../git/diskErrors';
import { worktreeKey, type Worktree } from '../git/worktree';
import { shadowRef } from '../refs/names';

/**
 * Whether a folder inside of a worktree is a linked worktree of the same repository in which checkpoints are taken. A copy of a
 * worktree's folder is not: its pointer leads to the git dir of the one that it was copied from, which knows another folder.
 * @param gitDir where the folder's `.git` file points to, absolute.
 */
export async function hasOwnCheckpoints(
  worktree: Worktree,
  folder: string,
  gitDir: string,
): Promise<boolean> {
  const { commonDir } = worktree.repository;
  if (path.dirname(gitDir) !== path.join(commonDir, 'worktrees') || !(await isKnownAs(gitDir, folder))) {
    return false;
  }
  const [tip] = await worktree.plumbing.infos([shadowRef(worktreeKey(commonDir, gitDir))]);
  return tip !== undefined;
}

/** Whether a linked worktree's git dir says that its worktree is this folder. */
async function isKnownAs(gitDir: string, folder: string): Promise<boolean> {
  try {
    const pointer = (await readFile(path.join(gitDir, 'gitdir'), 'utf8')).replace(/\n$/, '');
    const known = path.dirname(path.resolve(gitDir, pointer));
    return (await realpath(known)) === (await realpath(folder));
  } catch (thrown) {
    if (isMissing(thrown) || hasCode(thrown, 'EACCES')) {
      return false;
    }
    throw thrown;
  }
}
