import type { Worktree } from '../git/worktree';
import { changeRefs, ownComparison } from '../refs/transaction';
import { isFree } from './claim';
import type { Lease } from './lease';
import { listLeases } from './read';
import { leaseRef } from './resource';

/** For so many days the record of a lease that nobody holds any more is kept, unless `belay.leaseDays` says otherwise. */
const keptDays = 30;

const day = 24 * 60 * 60_000;

/**
 * The retention rule of leases, and the only thing that removes one: the record of a lease that was given up, ended, or
 * held by a process that has ended, goes after some weeks. Its reference must still be what was read. A token of it does
 * not come to count again: it needs the reference to be there.
 * @returns the leases that were removed.
 */
export async function retireLeases(worktree: Worktree): Promise<Lease[]> {
  const days = Number(worktree.config.get('belay.leasedays') ?? keptDays);
  const limit = (Number.isFinite(days) && days >= 1 ? days : keptDays) * day;
  const retired: Lease[] = [];
  for (const lease of await listLeases(worktree)) {
    const over = lease.status !== 'held' || isFree(lease);
    if (!over || Date.now() - lease.changed < limit) {
      continue;
    }
    const outcome = await changeRefs(worktree, 'retire_lease', ownComparison, [
      { kind: 'delete', ref: leaseRef(lease.resource), from: lease.token },
    ]);
    if (outcome.done) {
      retired.push(lease);
    } else if (outcome.reason === 'locked') {
      // Every deletion needs the lock of the packed references, and waits for it: another time.
      break;
    }
  }
  return retired;
}
