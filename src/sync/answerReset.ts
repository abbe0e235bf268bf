import { newBackupRef } from '../backups/backups';
import { commitsOf } from '../backups/commits';
import { takeOnTheWay } from '../checkpoint/take';
import { moveDecision } from '../decisions/decide';
import { optionsOf, type Decision } from '../decisions/decision';
import { readDecision } from '../decisions/read';
import { writeDecision } from '../decisions/decisionRecord';
import { BelayError } from '../errors';
import { readHead } from '../git/head';
import type { Worktree } from '../git/worktree';
import { openGuard } from '../leases/guard';
import { changeOrRefuse, type Fence } from '../refs/transaction';
import { pinOf, recordAfter, type Prepared } from './ask';
import { endInterrupted } from '../restore/interrupted';
import { underWorktreeLease } from '../leases/worktreeLease';
import { withMove } from './move';
import type { SyncRequest } from './request';
import { resetUnder } from './reset';
import { settle, type DecisionAnswer } from './settle';

/** How many dropped commits are named. */
const namedCommits = 1_000;

/**
 * The person has chosen the reset: it happens under the same rules as any other. What the branch holds by now is backed up,
 * also what was committed since the question was asked.
 * @throws BelayError `answer_refused`, `uncommitted_in_the_way`, `backup_failed`; ResetFailed. The decision still waits.
 */
export async function resetByAnswer(
  worktree: Worktree,
  decision: Decision,
  answer: DecisionAnswer,
  who: SyncRequest,
): Promise<Decision> {
  const { branch, to: upstream } = decision;
  const head = await readHead(worktree);
  if (branch === undefined || upstream === undefined || head.oid === undefined || head.branch !== branch) {
    throw new BelayError(
      'answer_refused',
      `The worktree ${worktree.key} is not on ${branch ?? 'that branch'} any more.`,
    );
  }
  const local = head.oid;
  return underWorktreeLease(worktree, who, async (held) => {
    await endInterrupted(worktree, held.writer);
    const { checkpoint } = await takeOnTheWay(worktree, {
      ...held.writer,
      message: `Before resetting to ${upstream.slice(0, 10)}`,
    });
    const fence = await openGuard(worktree, { leases: held.writer.leases });
    const backup = newBackupRef('sync-recovery', worktree.key);
    const dropped = await commitsOf(worktree, [local, '--not', upstream], namedCommits);
    const following = { kind: 'following', branch, local, upstream, remote: undefined } as const;
    const prepared = { following, upstream, checkpoint, backup, dropped };
    return withMove(
      worktree,
      { branch, from: local, to: upstream, mode: 'reset', checkpoint },
      async (ready) => {
        if ('why' in ready) {
          throw new BelayError('uncommitted_in_the_way', `${ready.why} The decision still waits.`);
        }
        const begun = await begin(worktree, decision, prepared, fence);
        await resetUnder(worktree, ready, prepared, { fence, held, decision: begun });
        const answered = await settle(worktree, begun, answer);
        await recordAfter(worktree, held, `After resetting to ${upstream.slice(0, 10)}`);
        return answered;
      },
    );
  });
}

/**
 * As for a reset that nobody was asked about, the question stands before the first file is touched, and now is the one
 * about a reset that was made: a crash in the middle leaves that, and not an answer that nothing came of.
 */
async function begin(
  worktree: Worktree,
  decision: Decision,
  prepared: Prepared,
  fence: Fence,
): Promise<Decision> {
  const { following, backup, checkpoint, dropped } = prepared;
  const begun = await writeDecision(
    worktree,
    {
      ...decision,
      case: 'diverged_recovered_by_reset',
      options: optionsOf.diverged_recovered_by_reset,
      from: following.local,
      backups: [...decision.backups, backup],
      dropped: dropped.map(({ oid }) => oid),
      droppedMore: 0,
      checkpoint: checkpoint.oid,
    },
    decision.version,
  );
  const outcome = await changeOrRefuse(worktree, 'ask', fence, [
    { kind: 'verify', ref: following.branch, at: following.local },
    pinOf(prepared),
    moveDecision(decision.worktree, decision, begun),
  ]);
  if (!outcome.done && (await readDecision(worktree, decision.worktree))?.version !== begun.version) {
    throw new BelayError(
      'backup_failed',
      `The reset was not begun, and the decision still waits: ${outcome.message.trim()}`,
    );
  }
  return begun;
}
