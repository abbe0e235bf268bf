import { noneWaits } from '../decisions/read';
import { BelayError } from '../errors';
import { GitError } from '../git/errors';
import type { Worktree } from '../git/worktree';
import { claimLease, releaseLease, type Claim } from '../leases/claim';
import type { Lease, Resource } from '../leases/lease';
import { readLease } from '../leases/read';
import { retireLeases } from '../leases/retire';
import { listSessions } from './sessions';

/** The agent that is a person. Nothing holds a person: they are who decides. */
const person = 'editor';

/**
 * Starts a session, or goes on with one that was interrupted: claims its lease. Of two processes that start the same session
 * the later one may write; the earlier one is fenced off at its next write.
 * @throws LeaseError `lease_held` when an owner of another name holds it; BelayError `decision_pending` while the worktree's
 * sessions are held until a person has answered.
 */
export async function startSession(worktree: Worktree, session: string, claim: Claim): Promise<Lease> {
  const inWorktree = claim.worktree ?? worktree.key;
  if (claim.agent !== person) {
    await noneWaits(worktree, inWorktree);
  }
  const lease = await claimLease(worktree, sessionResource(session), { ...claim, worktree: inWorktree });
  // The lease is claimed; that the housekeeping cannot be done now must not keep its token from the claimant.
  await retireLeases(worktree).catch(toleratesGit);
  return lease;
}

function toleratesGit(thrown: unknown): void {
  if (!(thrown instanceof GitError)) {
    throw thrown;
  }
}

/**
 * Stops the writer of a session, and only the one that was seen: claims its lease in the name of `claim.owner`.
 * @param seen The token of the lease that the person was shown; undefined when the session had none.
 */
export async function takeOverSession(
  worktree: Worktree,
  session: string,
  claim: Omit<Claim, 'takeOver'>,
  seen: string | undefined,
): Promise<Lease> {
  return startSession(worktree, session, seen === undefined ? claim : { ...claim, takeOver: { seen } });
}

/**
 * Ends a session for good, as its owner by its token or as a person by what they saw: nobody writes for it until it is
 * started again. Its checkpoints stay.
 * @throws LeaseError `lease_lost` when the lease has moved on; BelayError `unknown_session`.
 */
export async function endSession(
  worktree: Worktree,
  session: string,
  how: { readonly token: string } | { readonly seen: string | undefined; readonly by: string },
): Promise<Lease> {
  const resource = sessionResource(session);
  if ('token' in how) {
    return releaseLease(worktree, resource, how.token, { status: 'ended' });
  }
  const known = how.seen ?? (await leaseToEnd(worktree, session, how.by));
  return releaseLease(worktree, resource, known, { status: 'ended', by: how.by });
}

/** A session that never was leased gets a lease, so that its end can be written down. */
async function leaseToEnd(worktree: Worktree, session: string, by: string): Promise<string> {
  if (!(await listSessions(worktree)).some(({ id }) => id === session)) {
    throw new BelayError('unknown_session', `There is no session ${JSON.stringify(session)}.`);
  }
  return (await claimLease(worktree, sessionResource(session), { owner: by })).token;
}

/**
 * Gives back what a person took over, or held: the session's agent may claim it again.
 * @throws LeaseError `lease_lost` when the lease has moved on since it was seen.
 */
export function giveBack(worktree: Worktree, lease: Lease, by: string): Promise<Lease> {
  return releaseLease(worktree, lease.resource, lease.token, { status: 'released', by });
}

/** A session's current lease; undefined when it has none. @throws LeaseError `lease_unreadable`. */
export function leaseOfSession(worktree: Worktree, session: string): Promise<Lease | undefined> {
  return readLease(worktree, sessionResource(session));
}

function sessionResource(session: string): Resource {
  return { kind: 'session', name: session };
}
