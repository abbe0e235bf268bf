import { setTimeout as sleep } from 'node:timers/promises';
import { oneLine } from '../git/commit';
import { BelayError } from '../errors';
import { GitError } from '../git/errors';
import type { Worktree } from '../git/worktree';
import { lifeOf, type ProcessIdentity } from '../refs/identity';
import { pulse } from '../refs/pulse';
import { changeRefs, ownComparison, type Operation, type RefOutcome } from '../refs/transaction';
import { LeaseError, lostMessage } from './error';
import { leaveBeat } from './heartbeat';
import type { Lease, Resource } from './model';
import { readLease, unreadable } from './read';
import { writeLease } from './record';
import { formatResource, leaseRef } from './resource';

/** How often a claim is tried again that lost a race or met a lock file. */
const attempts = 30;

export interface Claim {
  readonly owner: string;
  readonly agent?: string | undefined;
  /** The process that ends with the owner; once it has, anybody may claim the lease. */
  readonly holder?: ProcessIdentity | undefined;
  /** The worktree that a session works in. */
  readonly worktree?: string | undefined;
  /**
   * Take it from whoever holds it: from anybody, or only from the claim with that token. Only the holder that was seen first
   * is taken from; one who was quicker meanwhile is not.
   */
  readonly takeOver?: boolean | { readonly seen: string };
}

/**
 * Claims a lease: exactly one of several claimants gets it, and every claim has a token of its own. An owner who claims
 * again under the same name is taken for the same one, resumed: the later claim counts. So does anybody's once the process
 * that held it is known to have ended.
 * @throws LeaseError `lease_held` when somebody else holds it, `lease_unreadable`.
 */
export async function claimLease(worktree: Worktree, resource: Resource, claim: Claim): Promise<Lease> {
  const owner = oneLine(claim.owner);
  if (owner === '') {
    throw new BelayError('usage', 'A lease needs the name of its owner.');
  }
  let first: Lease | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const current = await readLease(worktree, resource);
    first ??= current;
    const taken = current?.status === 'held' && current.owner !== owner ? current : undefined;
    if (taken !== undefined && !isFree(taken) && !mayTakeOver(claim, taken, first)) {
      throw heldBySomebody(resource, taken);
    }
    const now = Date.now();
    const claimed = await writeLease(
      worktree,
      {
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
      },
      current?.token,
    );
    if (await moveLease(worktree, 'claim_lease', current, claimed, attempt)) {
      await leaveBeat(worktree.repository, resource).catch(toleratesDisk);
      await pulse(worktree.repository, claimed.token).catch(toleratesDisk);
      return claimed;
    }
  }
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
  for (let attempt = 1; ; attempt += 1) {
    const current = await readLease(worktree, resource);
    if (current?.token !== token) {
      throw new LeaseError('lease_lost', resource, lostMessage(resource, current), current);
    }
    const by = how.by === undefined ? current.owner : oneLine(how.by);
    const given = await writeLease(
      worktree,
      { ...current, status: how.status, changed: Date.now(), endedBy: by },
      current.token,
    );
    if (await moveLease(worktree, 'release_lease', current, given, attempt)) {
      await pulse(worktree.repository, given.token).catch(toleratesDisk);
      return given;
    }
  }
}

/**
 * Proves that a token is still the current one and leaves a sign of life.
 * @throws LeaseError `lease_lost`, `lease_unreadable`.
 */
export async function renewLease(worktree: Worktree, resource: Resource, token: string): Promise<Lease> {
  const current = await readLease(worktree, resource);
  if (current?.token !== token || current.status !== 'held') {
    throw new LeaseError('lease_lost', resource, lostMessage(resource, current), current);
  }
  await leaveBeat(worktree.repository, resource).catch(toleratesDisk);
  return current;
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

/** Puts the lease's reference from one version to the next. @returns false when it must all be read again. */
async function moveLease(
  worktree: Worktree,
  operation: Operation,
  from: Lease | undefined,
  to: Lease,
  attempt: number,
): Promise<boolean> {
  const ref = leaseRef(to.resource);
  const outcome = await changeOnce(worktree, operation, ref, from, to);
  if (outcome.done) {
    return true;
  }
  if (outcome.because === 'unknown') {
    return (await readLease(worktree, to.resource))?.token === to.token;
  }
  if (outcome.because === 'unreadable') {
    throw unreadable(to.resource, outcome.words.trim());
  }
  if (attempt >= attempts) {
    const why = outcome.because === 'locked' ? 'a lock file stands on its reference' : 'it keeps changing';
    throw unreadable(to.resource, `${why} (${outcome.words.trim()})`);
  }
  await sleep((2 + Math.random() * 10) * attempt);
  return false;
}

async function changeOnce(
  worktree: Worktree,
  operation: Operation,
  ref: string,
  from: Lease | undefined,
  to: Lease,
): Promise<RefOutcome> {
  try {
    return await changeRefs(worktree, operation, ownComparison, [
      from === undefined
        ? { kind: 'create', ref, to: to.token }
        : { kind: 'update', ref, to: to.token, from: from.token },
    ]);
  } catch (thrown) {
    if (thrown instanceof GitError && thrown.failure === 'object_missing') {
      // `gc --prune=now` took the record before a reference named it.
      return { done: false, because: 'moved', words: thrown.stderr };
    }
    throw thrown;
  }
}

/** The lease has moved; a sign of life that the disk refuses is no reason to fail. */
function toleratesDisk(thrown: unknown): void {
  if (!(thrown instanceof Error && 'syscall' in thrown)) {
    throw thrown;
  }
}
