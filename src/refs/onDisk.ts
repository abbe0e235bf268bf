import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { isMissing } from '../git/diskErrors';
import type { Worktree } from '../git/worktree';

/**
 * Whether a reference has a file of its own, which may be opened. git is silent about one that it cannot look at, and takes a
 * folder that it cannot open for an empty one. What the file holds is git's to say.
 * @throws what the system says where the disk does not tell.
 */
export async function hasOwnFile({ repository }: Worktree, ref: string): Promise<boolean> {
  const file = path.join(repository.commonDir, ref);
  try {
    // An empty folder may stand there, too; git removes it when it needs the place.
    if ((await stat(file)).isDirectory()) {
      return false;
    }
    await access(file, constants.R_OK);
    return true;
  } catch (thrown) {
    if (isMissing(thrown)) {
      return false;
    }
    throw thrown;
  }
}
