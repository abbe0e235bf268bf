import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { isDiskError, whenRefused } from '../git/missing';
import { makeOwnFolder, writeOwnFile } from '../git/own';
import type { Worktree } from '../git/worktree';
import { newOverflowRef } from '../refs/names';
import { changeRefs, ownComparison } from '../refs/transaction';

const folderName = 'pending';

/**
 * Puts down a checkpoint that no reference could be made to name: it is stored, but nothing keeps git from clearing it away, and
 * it is not acknowledged. @returns whether the disk took it.
 */
export async function keepPending({ repository, key }: Worktree, oid: string): Promise<boolean> {
  try {
    const folder = await makeOwnFolder(repository, folderName, key);
    await writeOwnFile(repository, path.join(folder, oid), '', { flush: true });
    return true;
  } catch (thrown) {
    if (!isDiskError(thrown)) {
      throw thrown;
    }
    return false;
  }
}

/**
 * Has references name what is pending of this worktree, beside the chain, from where it is folded in. What is not there any more
 * is forgotten; what cannot be named yet stays.
 */
export async function landPending(worktree: Worktree): Promise<void> {
  const { repository, key, plumbing } = worktree;
  const folder = path.join(repository.belayDir, folderName, key);
  for (const oid of await readdir(folder).catch(whenRefused([]))) {
    if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(oid)) {
      continue;
    }
    const [found] = await plumbing.infos([oid]);
    const ref = newOverflowRef(key);
    const isDone =
      found === undefined ||
      (await changeRefs(worktree, 'land_in_overflow', ownComparison, [{ kind: 'create', ref, to: oid }]))
        .done;
    if (isDone) {
      await rm(path.join(folder, oid), { force: true });
    }
  }
}
