import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worktree } from '../git/worktree';
import { LeaseError } from '../leases/error';
import { whileHolding, type HeldLease } from '../leases/hold';
import type { Resource } from '../leases/lease';
import { resourceOfToken } from '../leases/read';
import { leaseRef } from '../leases/resource';
import type { SyncRequest } from './request';

/** Time limit in ms for waiting for another owner of the worktree's lease. */
const leaseTimeoutMs = 10_000;

/**
 * Works under the worktree's lease: the one that the request holds, else one of its own, for which it waits a while.
 * @param key Another worktree of the same repository.
 * @throws LeaseError `lease_held` when they still do.
 */
export async function underWorktreeLease<T>(
  worktree: Worktree,
  request: SyncRequest,
  work: (held: HeldLease) => Promise<T>,
  key = worktree.key,
): Promise<T> {
  const resource = { kind: 'worktree', name: key } as const;
  const claim = { owner: `${request.session} (sync ${randomUUID().slice(0, 8)})`, agent: request.agent };
  const token = await tokenFor(worktree, resource, request);
  const deadline = performance.now() + leaseTimeoutMs;
  let started = false;
  for (;;) {
    try {
      return await whileHolding(worktree, resource, { claim, token }, (held) => {
        started = true;
        return work(held);
      });
    } catch (thrown) {
      const busy = thrown instanceof LeaseError && thrown.reason === 'lease_held' && !started;
      if (!busy || performance.now() > deadline) {
        throw thrown;
      }
      await sleep(100 + Math.random() * 200);
    }
  }
}

/** The token for the worktree among those that the request holds: who works under it already does not wait for itself. */
async function tokenFor(
  worktree: Worktree,
  resource: Resource,
  { leases = [] }: SyncRequest,
): Promise<string | undefined> {
  for (const token of leases) {
    const meant = await resourceOfToken(worktree, token);
    if (meant !== undefined && leaseRef(meant) === leaseRef(resource)) {
      return token;
    }
  }
  return undefined;
}
