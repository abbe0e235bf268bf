import { randomUUID } from 'node:crypto';
import type { Worktree } from '../git/worktree';
import { whileHolding, type HeldLease } from '../leases/hold';
import type { Resource } from '../leases/lease';
import { resourceOfToken } from '../leases/read';
import { leaseRef } from '../leases/resource';
import type { RestoreRequest } from './restoreRequest';

/**
 * Changes files under the worktree's lease: the one that the request holds, or one of its own for as long as it takes.
 * @throws LeaseError `lease_held` when another owner is changing the worktree.
 */
export async function underLease<T>(
  worktree: Worktree,
  request: RestoreRequest,
  work: (held: HeldLease) => Promise<T>,
): Promise<T> {
  const resource: Resource = { kind: 'worktree', name: worktree.key };
  let token: string | undefined;
  for (const given of request.leases ?? []) {
    const meant = await resourceOfToken(worktree, given);
    token = meant !== undefined && leaseRef(meant) === leaseRef(resource) ? given : token;
  }
  // A name of its own each time: two restores of one session must not take each other for the same one, resumed.
  const owner = `${request.session} (restore ${randomUUID().slice(0, 8)})`;
  const claim = {
    owner,
    agent: request.agent,
    ...(request.takeOver === undefined ? {} : { takeOver: request.takeOver }),
  };
  return whileHolding(worktree, resource, { claim, token }, work);
}
