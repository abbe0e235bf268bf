import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { BelayError } from '../errors';
import { isDiskError, whenRefused } from '../git/diskErrors';
import { makeOwnFolder, writeOwnFile } from '../git/own';
import type { Worktree } from '../git/worktree';
import { newOverflowRef } from '../refs/names';
import { changeRefs, ownComparison } from '../refs/transaction';

const folderName = 'pending';

/** A checkpoint that could not land because one lock serves all references, and was held. It is not acknowledged. */
export class ReferencesLocked extends BelayError {
  /** @param pending the id by which the next checkpoint finds it; undefined where nothing remembers it. */
  constructor(readonly pending: string | undefined) {
    const then =
      pending === undefined
        ? 'Nothing remembers it: take it again.'
        : `It is stored as ${pending}, which nothing names yet: it counts once the next checkpoint has folded it in.`;
    super(
      'references_locked',
      `All references of this repository are locked, by a git at work or one that was killed, so the checkpoint could not land. ${then}`,
    );
  }
}

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
    if (found !== undefined) {
      const create = { kind: 'create', ref: newOverflowRef(key), to: oid } as const;
      const outcome = await changeRefs(worktree, 'land_in_overflow', ownComparison, [create]);
      if (!outcome.done && outcome.reason === 'locked') {
        // So are all the others.
        return;
      }
      if (!outcome.done) {
        continue;
      }
    }
    await rm(path.join(folder, oid), { force: true });
  }
}
