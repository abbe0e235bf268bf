import { newBackupRef } from '../backups/backups';
import { commitsOf } from '../backups/commits';
import { dropStatCache } from '../checkpoint/statCache';
import { takeCheckpoint } from '../checkpoint/take';
import { announce, changeOrRefuse, moveDecision } from '../decisions/decide';
import { optionsOf, type Decision, type DecisionOption } from '../decisions/model';
import { decisionHistory, readDecision } from '../decisions/read';
import { writeDecision } from '../decisions/record';
import { BelayError } from '../errors';
import { readHead, type Worktree } from '../git/worktree';
import { headOf, isFree } from '../leases/claim';
import { openGuard } from '../leases/guard';
import type { Lease, LeaseStatus } from '../leases/model';
import { readLease } from '../leases/read';
import { writeLease } from '../leases/record';
import { leaseRef } from '../leases/resource';
import { ownComparison, type Fence, type RefChange } from '../refs/transaction';
import { pinOf, recordAfter, sessionsToHold, type Prepared } from './ask';
import { underWorktreeLease } from './lease';
import { withMove } from './move';
import type { SyncRequest } from './request';
import { noticeInterrupted, resetUnder } from './reset';

/** How often an answer is tried again because a session's lease moved meanwhile. */
const attempts = 20;

/** How many dropped commits are named. */
const namedCommits = 1_000;

/** A person's answer, given in the editor. There is no other way to give one. */
export interface Answer {
  readonly option: DecisionOption;
  /** The version of the decision that the person saw. */
  readonly seen: string;
  /** Who answers. */
  readonly by: string;
}

/**
 * Gives a person's answer to what waits about a worktree, and does what it says. Giving the same answer twice is harmless.
 *
 * *Continue*: the worktree's sessions go on in a new epoch: their leases are released, so that each claims anew, and what was
 * cached from before is dropped. *Abort*: their leases are revoked and they are ended. *Reset to upstream*: a checkpoint and a
 * backup ref first, then the reset, then as for Continue. *Keep my commits*: nothing is changed.
 * @throws BelayError `unknown_decision`, `answer_refused` for an answer that is not among the decision's own options, for
 * one to an earlier version, and for a second, different one; the decision is as it was.
 */
export async function answerDecision(
  worktree: Worktree,
  answer: Answer,
  who: SyncRequest,
): Promise<Decision> {
  await noticeInterrupted(worktree);
  const decision = await toAnswer(worktree, worktree.key, answer);
  if (decision.status === 'answered') {
    return decision;
  }
  return answer.option === 'reset_to_upstream'
    ? resetByAnswer(worktree, decision, answer, who)
    : settle(worktree, decision, answer);
}

/**
 * As {@link answerDecision}, about a worktree whose folder is not there any more, through another one of the repository.
 * There is nothing left to reset.
 * @throws BelayError as there.
 */
export async function answerForRemoved(worktree: Worktree, key: string, answer: Answer): Promise<Decision> {
  const decision = await toAnswer(worktree, key, answer);
  if (decision.status === 'answered') {
    return decision;
  }
  if (answer.option === 'reset_to_upstream') {
    throw new BelayError('answer_refused', `The folder of the worktree ${key} is not there any more.`);
  }
  return settle(worktree, decision, answer);
}

/** The decision that an answer is for: one that waits, or the very one that was answered like this before. */
async function toAnswer(worktree: Worktree, key: string, answer: Answer): Promise<Decision> {
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

/** The record of the answer, the leases of the held sessions, and whatever goes with it: all in one transaction. */
async function settle(worktree: Worktree, decision: Decision, answer: Answer): Promise<Decision> {
  for (let attempt = 1; ; attempt += 1) {
    const answered = await writeDecision(
      worktree,
      {
        ...decision,
        status: 'answered',
        answer: answer.option,
        answeredBy: answer.by,
        answeredAt: Date.now(),
      },
      decision.version,
    );
    const sessions = await sessionChanges(worktree, decision, answer);
    const outcome = await changeOrRefuse(worktree, 'answer', await afterTheReset(worktree, decision), [
      ...sessions,
      moveDecision(decision.worktree, decision, answered),
    ]);
    const now = await readDecision(worktree, decision.worktree);
    if (outcome.done || now?.version === answered.version) {
      if (worktree.key === decision.worktree) {
        await dropStatCache(worktree);
      }
      await announce(worktree, answered);
      return answered;
    }
    if (now?.version !== decision.version) {
      throw new BelayError(
        'answer_refused',
        `The decision ${decision.id} was changed by somebody else meanwhile.`,
      );
    }
    if (attempt >= attempts) {
      throw new BelayError('publish_failed', `The answer could not be written: ${outcome.words.trim()}`);
    }
  }
}

/**
 * The question about a reset stands before the reset begins; it can be answered when that has ended. A reset that its process
 * did not end is no obstacle: {@link noticeInterrupted} has changed its question.
 * @throws BelayError `answer_refused` while somebody resets.
 */
async function afterTheReset(worktree: Worktree, decision: Decision): Promise<Fence> {
  if (decision.case !== 'diverged_recovered_by_reset') {
    return ownComparison;
  }
  const resource = { kind: 'worktree', name: decision.worktree } as const;
  const lease = await readLease(worktree, resource);
  const [tip] = await worktree.plumbing.infos([decision.branch ?? 'HEAD']);
  if (lease?.status === 'held' && !isFree(lease) && tip?.oid === decision.from) {
    throw new BelayError('answer_refused', `The reset is still being carried out, by ${lease.owner}.`);
  }
  return { verifies: [{ kind: 'verify', ref: leaseRef(resource), at: lease?.token }] };
}

/**
 * What an answer means for the leases of the sessions that were held, and of any that slipped in while the question was
 * being written. What was given up or ended meanwhile stays so.
 */
async function sessionChanges(worktree: Worktree, decision: Decision, answer: Answer): Promise<RefChange[]> {
  const status = statusAfter(answer.option);
  const changes: RefChange[] = [];
  if (status === undefined) {
    return changes;
  }
  for (const session of new Set([
    ...decision.sessions,
    ...(await sessionsToHold(worktree, decision.worktree)),
  ])) {
    const resource = { kind: 'session', name: session } as const;
    const lease = await readLease(worktree, resource);
    if (status === 'released' ? lease?.status !== 'held' : lease?.status === 'ended') {
      continue;
    }
    const head = await headOf(worktree, resource);
    const changed = await writeLease(
      worktree,
      after(lease, { session, status, by: answer.by, head }),
      lease?.token,
    );
    const ref = leaseRef(resource);
    changes.push(
      lease === undefined
        ? { kind: 'create', ref, to: changed.token }
        : { kind: 'update', ref, to: changed.token, from: lease.token },
    );
  }
  return changes;
}

function statusAfter(option: DecisionOption): Exclude<LeaseStatus, 'held'> | undefined {
  switch (option) {
    case 'continue':
    case 'reset_to_upstream':
      return 'released';
    case 'abort':
      return 'ended';
    case 'keep_my_commits':
      return undefined;
  }
}

function after(
  lease: Lease | undefined,
  given: {
    readonly session: string;
    readonly status: Exclude<LeaseStatus, 'held'>;
    readonly by: string;
    /** The session's latest checkpoint. */
    readonly head: string | undefined;
  },
): Omit<Lease, 'token'> {
  const { session, status, by, head } = given;
  const now = Date.now();
  return {
    resource: { kind: 'session', name: session },
    owner: lease?.owner ?? by,
    agent: lease?.agent,
    acquired: lease?.acquired ?? now,
    holder: undefined,
    worktree: lease?.worktree,
    head,
    takenFrom: lease?.takenFrom,
    status,
    changed: now,
    endedBy: by,
  };
}

/**
 * The person has chosen the reset: it happens under the same rules as any other. What the branch holds by now is backed up,
 * also what was committed since the question was asked.
 */
async function resetByAnswer(
  worktree: Worktree,
  decision: Decision,
  answer: Answer,
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
    const leases = [...(who.leases ?? []), held.token];
    const { checkpoint } = await takeCheckpoint(worktree, {
      session: who.session,
      agent: who.agent,
      message: `Before resetting to ${upstream.slice(0, 10)}`,
      leases,
    });
    const fence = await openGuard(worktree, { leases });
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
        await recordAfter(worktree, who, held, `After resetting to ${upstream.slice(0, 10)}`);
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
      `The reset was not begun, and the decision still waits: ${outcome.words.trim()}`,
    );
  }
  return begun;
}

/** Whether the person saw this decision in an earlier version, or this one. */
async function wasSeen(worktree: Worktree, decision: Decision, seen: string): Promise<boolean> {
  const history = await decisionHistory(worktree, decision.worktree);
  return history.some(({ id, version }) => id === decision.id && version === seen);
}
