import { oneLine } from '../git/commit';
import { BelayError } from '../errors';
import { toleratesDisk } from '../git/diskErrors';
import { Again, jitterMs, retry } from '../git/retry';
import type { Worktree } from '../git/worktree';
import { moveRef } from '../refs/change';
import { lifeOf, type ProcessIdentity } from '../refs/identity';
import { sessionRef } from '../refs/names';
import { pulse } from '../refs/pulse';
import { changeRefs, ownComparison, type Operation } from '../refs/transaction';
import { LeaseError, lostMessage } from './error';
import { recordHeartbeat } from './heartbeat';
import type { Lease, Resource } from './lease';
import { readLease, requireHeld, unreadable } from './read';
import { writeLease } from './leaseRecord';
import { formatResource, leaseRef } from './resource';

/** How often a claim is tried again that lost a race. */
const maxAttempts = 30;

/** Time limit in ms for waiting for a lock file. A healthy git holds one for a few. */
const lockTimeoutMs = 4_000;

export interface Claim {
  readonly owner: string;
  readonly agent?: string | undefined;
  /** The process that ends with the owner; once it has, anybody may claim the lease. */
  readonly holder?: ProcessIdentity | undefined;
  /** The worktree that a session works in. */
  readonly worktree?: string | undefined;
  /**
   * Take it over: from any holder, or only from the claim with that token. Only the holder that was seen first loses it;
   * one that claimed it in between does not.
   */
  readonly takeOver?: boolean | { readonly seen: string } | undefined;
}

/**
 * Claims a lease: exactly one of several claimants gets it, and every claim has a token of its own. An owner who claims
 * again under the same name is taken for the same one, resumed: the later claim counts. So does anybody's once the process
 * that held it is known to have ended.
 * @throws LeaseError `lease_held` when another owner holds it, `lease_unreadable`.
 */
export async function claimLease(worktree: Worktree, resource: Resource, claim: Claim): Promise<Lease> {
  const owner = oneLine(claim.owner);
  if (owner === '') {
    throw new BelayError('usage', 'A lease needs the name of its owner.');
  }
  let first: Lease | undefined;
  const claimed = await moveLease(worktree, 'claim_lease', resource, (current, attempt) => {
    // If it was free at first, its present holder was quicker.
    first = attempt === 1 ? current : first;
    const taken = current?.status === 'held' && current.owner !== owner ? current : undefined;
    if (taken !== undefined && !isFree(taken) && !mayTakeOver(claim, taken, first)) {
      throw heldBySomebody(resource, taken);
    }
    const now = Date.now();
    return {
      resource,
      status: 'held',
      owner,
      agent: claim.agent ?? (current?.owner === owner ? current.agent : undefined),
      acquired: now,
      changed: now,
      holder: claim.holder,
      worktree: claim.worktree ?? current?.worktree,
      takenFrom: taken?.owner,
      endedBy: undefined,
      head: undefined,
    };
  });
  // The lease has moved: a heartbeat that the disk refuses is no reason to fail.
  await recordHeartbeat(worktree.repository, resource).catch(toleratesDisk);
  await pulse(worktree.repository, claimed.token).catch(toleratesDisk);
  return claimed;
}

/**
 * Gives a lease up, or ends its session. From then on its token counts no more.
 * @throws LeaseError `lease_lost` when the token is not the current one.
 */
export async function releaseLease(
  worktree: Worktree,
  resource: Resource,
  token: string,
  how: { readonly status: 'released' | 'ended'; readonly by?: string },
): Promise<Lease> {
  const given = await moveLease(worktree, 'release_lease', resource, async (current) => {
    // A session that was given up already can still be ended, not the other way round.
    if (current?.token !== token || (current.status !== 'held' && how.status !== 'ended')) {
      throw new LeaseError('lease_lost', resource, lostMessage(resource, current), current);
    }
    return {
      ...current,
      status: how.status,
      changed: Date.now(),
      endedBy: how.by === undefined ? current.owner : oneLine(how.by),
      head: await headOf(worktree, resource),
    };
  });
  await pulse(worktree.repository, given.token).catch(toleratesDisk);
  return given;
}

/**
 * Proves that a token is still the current one and leaves a sign of life.
 * @throws LeaseError `lease_lost`, `lease_unreadable`.
 */
export async function renewLease(worktree: Worktree, resource: Resource, token: string): Promise<Lease> {
  const current = await requireHeld(worktree, resource, token);
  await recordHeartbeat(worktree.repository, resource).catch(toleratesDisk);
  return current;
}

/** The latest checkpoint of a session: what its lease says it has left behind. */
export async function headOf(worktree: Worktree, { kind, name }: Resource): Promise<string | undefined> {
  const [head] = kind === 'session' ? await worktree.plumbing.infos([sessionRef(name)]) : [];
  return head?.type === 'commit' ? head.oid : undefined;
}

/** Whether the process that held it is known to have ended; a lease without one, or of another machine, is not free. */
export function isFree(lease: Lease): boolean {
  return lease.holder !== undefined && lifeOf(lease.holder) === 'ended';
}

function mayTakeOver({ takeOver }: Claim, current: Lease, first: Lease | undefined): boolean {
  const seen = typeof takeOver === 'object' ? takeOver.seen : takeOver === true ? first?.token : undefined;
  return seen === current.token;
}

function heldBySomebody(resource: Resource, lease: Lease): LeaseError {
  const since = new Date(lease.acquired).toISOString();
  return new LeaseError(
    'lease_held',
    resource,
    `${formatResource(resource)} is held by ${lease.owner} since ${since}.`,
    lease,
  );
}

/**
 * Puts a lease's reference from one version to the next, which is made anew from what there is where another was quicker.
 * @throws LeaseError `lease_unreadable` when that does not end; what `next` throws.
 */
async function moveLease(
  worktree: Worktree,
  operation: Operation,
  resource: Resource,
  next: (current: Lease | undefined, attempt: number) => Omit<Lease, 'token'> | Promise<Omit<Lease, 'token'>>,
): Promise<Lease> {
  let lockedSince: number | undefined;
  return retry({ tries: maxAttempts, pauseMs: jitterMs }, async (attempt) => {
    const current = await readLease(worktree, resource);
    const moved = await writeLease(worktree, await next(current, attempt), current?.token);
    const outcome = await changeRefs(worktree, operation, ownComparison, [
      moveRef(leaseRef(resource), current?.token, moved.token),
    ]);
    if (outcome.done) {
      return moved;
    }
    const { reason } = outcome;
    if (reason === 'unknown' && (await readLease(worktree, resource))?.token === moved.token) {
      return moved;
    }
    const message = outcome.message.trim();
    if (reason === 'unreadable') {
      throw unreadable(resource, message);
    }
    const now = performance.now();
    lockedSince = reason === 'locked' ? (lockedSince ?? now) : undefined;
    if (lockedSince !== undefined && now - lockedSince > lockTimeoutMs) {
      throw unreadable(resource, `a lock file stands on its reference (${message})`);
    }
    return new Again(unreadable(resource, `it keeps changing (${message})`));
  });
}
