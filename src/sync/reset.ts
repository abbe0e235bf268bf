import { moveDecision } from '../decisions/decide';
import { optionsOf, unanswered, type Decision } from '../decisions/decision';
import { readDecision } from '../decisions/read';
import { writeDecision } from '../decisions/decisionRecord';
import { keepQuestion } from '../decisions/vanished';
import { BelayError } from '../errors';
import { GitError } from '../git/errors';
import type { Worktree } from '../git/worktree';
import { isFree } from '../leases/claim';
import type { HeldLease } from '../leases/hold';
import { readLease } from '../leases/read';
import { changeRefs, ownComparison, type Fence } from '../refs/transaction';
import type { MovedAway } from '../ledger';
import type { Prepared } from './ask';
import type { Ready } from './move';
import { ResetFailed } from './syncOutcome';

/** What a reset happens under: a question that stands already, and leases. */
export interface ResetContext {
  readonly fence: Fence;
  readonly held: HeldLease;
  readonly decision: Decision;
}

/**
 * Resets branch, index and files to the upstream under a question that stands already.
 * @returns where contents are that turned up in the very moment.
 * @throws ResetFailed after the question has been changed to one that can only be aborted.
 */
export async function resetUnder(
  worktree: Worktree,
  ready: Ready,
  { backup, dropped }: Pick<Prepared, 'backup' | 'dropped'>,
  { fence, held, decision }: ResetContext,
): Promise<readonly MovedAway[]> {
  const failure = await failureOf(ready, fence, held);
  if (!(failure instanceof BelayError)) {
    return failure;
  }
  const failed = await turnIntoFailure(worktree, decision, failure.message);
  throw new ResetFailed(
    `The branch could be neither rebased nor reset: ${failure.message} Its commits are held by ${backup}.`,
    backup,
    dropped,
    failed.id,
    { cause: failure },
  );
}

async function failureOf(
  ready: Ready,
  fence: Fence,
  held: HeldLease,
): Promise<BelayError | readonly MovedAway[]> {
  try {
    const moved = await ready.carryOut(fence, () => held.check());
    return moved.moved ? moved.away : moved.failure;
  } catch (thrown) {
    if (thrown instanceof BelayError) {
      return thrown;
    }
    throw thrown;
  }
}

/**
 * A reset whose process ended in the middle left its question behind, which says that the reset is done. It is changed to
 * what is true: the branch was not moved, and there is nothing to go on with. One that has vanished is put again before.
 */
export async function noticeInterrupted(worktree: Worktree): Promise<void> {
  await keepQuestion(worktree, worktree.key);
  const decision = await readDecision(worktree, worktree.key);
  if (
    decision?.status !== 'pending' ||
    decision.fromMemory ||
    decision.case !== 'diverged_recovered_by_reset' ||
    // The reset was done then; the branch may be where it was because an answer has brought it there.
    decision.bringing.length > 0
  ) {
    return;
  }
  const lease = await readLease(worktree, { kind: 'worktree', name: worktree.key });
  const [branch] = await worktree.plumbing.infos([decision.branch ?? 'HEAD']);
  const over = lease?.status !== 'held' || isFree(lease);
  if (!over || branch?.oid !== decision.from) {
    return;
  }
  await turnIntoFailure(
    worktree,
    decision,
    `${decision.why} The reset was interrupted: the branch was not moved, but some files may be as ${(decision.to ?? '').slice(0, 10)} has them. The checkpoint ${(decision.checkpoint ?? '').slice(0, 10)} holds their state before; belay doctor --fix puts them back.`,
  );
}

/** @throws BelayError `reset_failed` when the question could not be changed. */
async function turnIntoFailure(worktree: Worktree, decision: Decision, why: string): Promise<Decision> {
  const failed = await writeDecision(
    worktree,
    {
      ...decision,
      case: 'reset_failed',
      options: optionsOf.reset_failed,
      status: 'pending',
      ...unanswered,
      why,
    },
    decision.version,
  );
  let words: string;
  try {
    const changed = await changeRefs(worktree, 'ask', ownComparison, [
      moveDecision(decision.worktree, decision, failed),
    ]);
    if (changed.done || (await readDecision(worktree, decision.worktree))?.version === failed.version) {
      return failed;
    }
    words = changed.message.trim();
  } catch (thrown) {
    if (!(thrown instanceof GitError)) {
      throw thrown;
    }
    words = thrown.message;
  }
  throw new BelayError('reset_failed', `${why} The decision could not be brought up to date: ${words}`);
}
