import type { Checkpoint } from '../checkpoint/checkpoint';
import { BelayError, whenRefusedByBelay } from '../errors';
import { closeWorktree, openWorktree, type Worktree } from '../git/worktree';
import type { RestoreResult } from '../restore/restoreRequest';
import { restore } from '../restore/restore';
import { addWorktree, type AddedWorktree, type AddRequest, type WantedWorktree } from './newWorktree';

/** A worktree that was made from a checkpoint. */
export interface RevivedWorktree {
  readonly added: AddedWorktree;
  /** What was put into it; undefined where the checkpoint holds nothing that its commit does not. */
  readonly restored: RestoreResult | undefined;
}

/**
 * Makes a worktree at the commit that a checkpoint was taken on, with the files as that checkpoint holds them: it brings
 * back a worktree that was removed. Asked for again, it goes on where a crash has stopped it; what was changed there since is left and named.
 * @throws BelayError `unborn_branch` for a checkpoint that was taken before the first commit, and what {@link addWorktree} throws.
 */
export async function addWorktreeFrom(
  worktree: Worktree,
  checkpoint: Checkpoint,
  wanted: WantedWorktree,
  request: AddRequest,
): Promise<RevivedWorktree> {
  const { base } = checkpoint;
  if (base === undefined) {
    throw new BelayError(
      'unborn_branch',
      `The checkpoint ${checkpoint.oid.slice(0, 10)} was taken before the first commit: there is none to begin at.`,
    );
  }
  const added = await addWorktree(worktree, { commit: base, ref: undefined }, wanted, request);
  const made = await openWorktree(worktree.git, added.root);
  try {
    const { session, agent, leases = [] } = request;
    const asNothing = whenRefusedByBelay(undefined, 'nothing_to_restore');
    const restored = await restore(made, checkpoint, { session, agent, leases }).catch(asNothing);
    return { added, restored };
  } finally {
    closeWorktree(made, worktree);
  }
}
