import { GitError } from '../git/errors';
import type { Worktree } from '../git/worktree';
import type { Guard } from '../leases/guard';
import { newOverflowRef, sessionRef } from '../refs/names';
import { moveRef, type RefChange } from '../refs/change';
import { changeRefs } from '../refs/transaction';
import type { Chain, OverflowCheckpoint } from './chain';
import { checkpointIn } from './message';
import { isStuck } from './publish';

/**
 * The files backend renames one ref at a time, so a crash can leave the shadow branch moved and the session's ref
 * behind. Only the tip can be in that state, and every writer repairs it before it moves on: it brings the session's ref
 * up, or, where that one is locked, pins the tip so that the session's next step is still known.
 */
export async function repairTip(
  worktree: Worktree,
  guard: Guard,
  chain: Chain,
  session: string,
): Promise<void> {
  const last = chain.tip?.last;
  if (last === undefined || last.session === session) {
    return;
  }
  const ref = sessionRef(last.session);
  const [head] = await worktree.plumbing.objects([ref]);
  if (head?.oid === last.oid) {
    return;
  }
  const known = checkpointIn(head);
  if (head !== undefined && (known?.session !== last.session || known.step >= last.step)) {
    return;
  }
  const outcome = await changeRefs(worktree, 'mend_tip', guard, [moveRef(ref, head?.oid, last.oid)]);
  const pinned = chain.waiting.some(({ checkpoint }) => checkpoint.oid === last.oid);
  if (!outcome.done && isStuck(outcome) && !pinned) {
    await changeRefs(worktree, 'mend_tip', guard, [
      {
        kind: 'create',
        ref: newOverflowRef(worktree.key),
        to: last.oid,
      },
    ]);
  }
}

/**
 * Removes the overflow refs of checkpoints that are in the chain now. Each session's ref is brought up first, in the
 * same transaction, so that its next step stays known. What cannot be removed is left for the next writer.
 * @returns warnings.
 */
export async function removeFolded(
  worktree: Worktree,
  guard: Guard,
  folds: readonly OverflowCheckpoint[],
): Promise<string[]> {
  const warnings: string[] = [];
  for (const { ref, checkpoint } of folds) {
    try {
      const own = sessionRef(checkpoint.session);
      const [head] = await worktree.plumbing.objects([own]);
      const known = checkpointIn(head);
      const changes: RefChange[] = [{ kind: 'delete', ref, from: checkpoint.oid }];
      if (head === undefined) {
        changes.unshift({ kind: 'create', ref: own, to: checkpoint.oid });
      } else if (known?.session === checkpoint.session && known.step < checkpoint.step) {
        changes.unshift({ kind: 'update', ref: own, to: checkpoint.oid, from: head.oid });
      }
      const outcome = await changeRefs(worktree, 'remove_folded', guard, changes);
      if (!outcome.done) {
        warnings.push(
          `${ref} is in the chain already but could not be removed (${outcome.reason}); a later run does it.`,
        );
      }
    } catch (thrown) {
      if (!(thrown instanceof GitError)) {
        throw thrown;
      }
      warnings.push(`${ref} is in the chain already but could not be removed: ${thrown.message}`);
    }
  }
  return warnings;
}
