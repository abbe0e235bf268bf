import { hostname } from 'node:os';
import { dropStatCache } from '../checkpoint/statCache';
import { announce, moveDecision } from '../decisions/decide';
import type { Decision, DecisionOption, Signature } from '../decisions/decision';
import { readDecision } from '../decisions/read';
import { writeDecision } from '../decisions/decisionRecord';
import { BelayError } from '../errors';
import { Again, retry } from '../git/retry';
import type { Worktree } from '../git/worktree';
import { headOf, isFree } from '../leases/claim';
import type { Lease, LeaseStatus } from '../leases/lease';
import { readLease } from '../leases/read';
import { writeLease } from '../leases/leaseRecord';
import { leaseRef } from '../leases/resource';
import { moveRef, type RefChange } from '../refs/change';
import { changeOrRefuse, ownComparison, type Fence } from '../refs/transaction';
import { sessionsToHold } from './ask';

/** How often an answer is tried again because a session's lease moved in between. */
const attempts = 20;

/** A person's answer, given in the editor. There is no other way to give one. */
export interface DecisionAnswer {
  readonly option: DecisionOption;
  /** The version of the decision that the person saw. */
  readonly seen: string;
  /** Who answers. */
  readonly by: string;
  /** Signs what is answered; undefined, or nothing from it: the person is asked once whether it was they. */
  readonly sign?: (given: Omit<Decision, 'version'>) => Promise<Signature | undefined>;
}

/** An answer that is also carried out: by a holder of the worktree's lease. */
export interface CarriedOut {
  readonly fence: Fence;
  /** What shares the transaction of the answer. */
  readonly changes: readonly RefChange[];
}

/**
 * Writes the record of the answer and the leases of the held sessions: all in one transaction.
 * @throws BelayError `answer_refused`, `publish_failed`; the decision is unchanged.
 */
export async function settle(
  worktree: Worktree,
  decision: Decision,
  answer: DecisionAnswer,
  carriedOut?: CarriedOut,
): Promise<Decision> {
  return retry({ tries: attempts }, async () => {
    const given = {
      ...decision,
      status: 'answered',
      answer: answer.option,
      answeredBy: answer.by,
      answeredAt: Date.now(),
      answeredOn: hostname(),
      earlier: decision.version,
    } as const;
    const signature = await answer.sign?.(given);
    const answered = await writeDecision(worktree, { ...given, signature }, decision.version);
    const sessions = await sessionChanges(worktree, decision, answer);
    const fence = carriedOut?.fence ?? (await whenNobodyIsAtIt(worktree, decision));
    const outcome = await changeOrRefuse(worktree, 'answer', fence, [
      ...(carriedOut?.changes ?? []),
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
        `The decision ${decision.id} was changed by another process in between.`,
      );
    }
    const words = `The answer could not be written: ${outcome.message.trim()}`;
    return new Again(new BelayError('publish_failed', words));
  });
}

/**
 * The question about a reset stands before the reset begins; it can be answered when that has ended, and otherwise only when
 * nobody is bringing its commits back. What its process did not end is no obstacle: {@link noticeInterrupted} has changed the
 * question, and bringing back can be answered again.
 * @throws BelayError `answer_refused` while another process is at it.
 */
export async function whenNobodyIsAtIt(worktree: Worktree, decision: Decision): Promise<Fence> {
  const isBringing = decision.bringing.length > 0;
  if (decision.case !== 'diverged_recovered_by_reset' && !isBringing) {
    return ownComparison;
  }
  const resource = { kind: 'worktree', name: decision.worktree } as const;
  const lease = await readLease(worktree, resource);
  const [tip] = await worktree.plumbing.infos([decision.branch ?? 'HEAD']);
  if (lease?.status === 'held' && !isFree(lease) && (isBringing || tip?.oid === decision.from)) {
    const what = isBringing
      ? 'The commits are still being brought back'
      : 'The reset is still being carried out';
    throw new BelayError('answer_refused', `${what}, by ${lease.owner}.`);
  }
  return { verifies: [{ kind: 'verify', ref: leaseRef(resource), at: lease?.token }] };
}

/**
 * What an answer means for the leases of the sessions that were held, and of any that slipped in while the question was
 * being written. What was given up or ended in between stays so.
 */
async function sessionChanges(
  worktree: Worktree,
  decision: Decision,
  answer: DecisionAnswer,
): Promise<RefChange[]> {
  const status = statusAfter[answer.option];
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
    changes.push(moveRef(leaseRef(resource), lease?.token, changed.token));
  }
  return changes;
}

const statusAfter: Readonly<Record<DecisionOption, Exclude<LeaseStatus, 'held'> | undefined>> = {
  continue: 'released',
  reset_to_upstream: 'released',
  bring_my_commits_back: 'released',
  abort: 'ended',
  keep_my_commits: undefined,
};

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
