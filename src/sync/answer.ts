import type { Decision } from '../decisions/decision';
import { decisionHistory, readDecision } from '../decisions/read';
import { keepQuestion } from '../decisions/vanished';
import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import { bringBackByAnswer } from './answerBringBack';
import { resetByAnswer } from './answerReset';
import type { SyncRequest } from './request';
import { noticeInterrupted } from './reset';
import { settle, type DecisionAnswer } from './settle';

/**
 * Gives a person's answer to what waits about a worktree, and does what it says. Giving the same answer twice is harmless.
 *
 * *Continue*: the worktree's sessions go on in a new epoch: their leases are released, so that each claims anew, and what was
 * cached from before is dropped. *Abort*: their leases are revoked and they are ended. *Reset to upstream*: a checkpoint and a
 * backup ref first, then the reset, then as for Continue. *Keep my commits*: nothing is changed. *Bring my commits back*: see
 * {@link bringBackByAnswer}, then as for Continue.
 * @param key Of the worktree that it is about: where its folder is gone, `worktree` is another one of the repository. There is
 * nothing left to reset then; a branch can get its commits back all the same.
 * @throws BelayError `unknown_decision`, `answer_refused` for an answer that is not among the decision's own options, for
 * one to an earlier version, and for a second, different one; the decision is unchanged.
 */
export async function answerDecision(
  worktree: Worktree,
  answer: DecisionAnswer,
  who: SyncRequest,
  key = worktree.key,
): Promise<Decision> {
  if (key === worktree.key) {
    await noticeInterrupted(worktree);
  }
  const decision = await toAnswer(worktree, key, answer);
  if (decision.status === 'answered') {
    return decision;
  }
  switch (answer.option) {
    case 'reset_to_upstream':
      if (key !== worktree.key) {
        throw new BelayError('answer_refused', `The folder of the worktree ${key} is not there any more.`);
      }
      return resetByAnswer(worktree, decision, answer, who);
    case 'bring_my_commits_back':
      return bringBackByAnswer(worktree, decision, answer, who);
    case 'continue':
    case 'abort':
    case 'keep_my_commits':
      return settle(worktree, decision, answer);
  }
}

/** The decision that an answer is for: one that waits, or the very one that was answered like this before. */
async function toAnswer(worktree: Worktree, key: string, answer: DecisionAnswer): Promise<Decision> {
  await keepQuestion(worktree, key);
  const decision = await readDecision(worktree, key);
  if (decision === undefined) {
    throw new BelayError('unknown_decision', `Nothing waits about the worktree ${key}.`);
  }
  if (decision.status === 'answered') {
    if (decision.answer === answer.option && (await wasSeen(worktree, decision, answer.seen))) {
      return decision;
    }
    throw new BelayError(
      'answer_refused',
      `The decision ${decision.id} was answered already: ${decision.answer ?? '?'}.`,
    );
  }
  if (decision.status === 'outlived') {
    throw new BelayError(
      'answer_refused',
      `The worktree ${key} was made anew since; nothing waits about it.`,
    );
  }
  if (decision.fromMemory) {
    throw new BelayError(
      'answer_refused',
      `The reference of the decision ${decision.id} cannot be written, so that it could not be put again.`,
    );
  }
  if (decision.version !== answer.seen) {
    throw new BelayError('answer_refused', `The decision ${decision.id} is not what was shown any more.`);
  }
  if (!decision.options.includes(answer.option)) {
    throw new BelayError(
      'answer_refused',
      `${answer.option} is not among the answers of the decision ${decision.id}.`,
    );
  }
  return decision;
}

/** Whether the person saw this decision in an earlier version, or this one. */
async function wasSeen(worktree: Worktree, decision: Decision, seen: string): Promise<boolean> {
  const history = await decisionHistory(worktree, decision.worktree);
  return history.some(({ id, version }) => id === decision.id && version === seen);
}
