import { messageOf } from '../errors';
import { GitError } from '../git/errors';
import type { Worktree } from '../git/worktree';
import { listRefObjects } from '../refs/listed';
import { leasePrefix } from '../refs/names';
import { hasOwnFile } from '../refs/onDisk';
import { parseRecord, recordHistory } from '../refs/records';
import { LeaseError, lostMessage } from './error';
import type { Lease, Resource } from './lease';
import { parseLease } from './leaseRecord';
import { formatResource, leaseRef } from './resource';

/** How many versions of a lease its history shows. */
const historyLimit = 1_000;

/** The lease that an object holds; undefined when it is something else. */
export function leaseOf(object: {
  readonly oid: string;
  readonly type: string;
  readonly content: Buffer;
}): Lease | undefined {
  return object.type === 'commit'
    ? parseLease(parseRecord(object.oid, object.content.toString('utf8')))
    : undefined;
}

/**
 * A resource's current lease; undefined when there is none. git's object reader answers "missing" for a reference
 * that is not there and for one that cannot be read, so before anything follows from "none", the references are asked.
 * @throws LeaseError `lease_unreadable`.
 */
export async function readLease(worktree: Worktree, resource: Resource): Promise<Lease | undefined> {
  const ref = leaseRef(resource);
  const [object] = await worktree.plumbing.objects([ref]);
  if (object !== undefined) {
    return requireLease(resource, leaseOf(object));
  }
  const oid = await worktree.git.text({
    args: ['for-each-ref', '--format=%(objectname)', ref],
    cwd: worktree.root,
  });
  if (oid === '' && !(await hasFile(worktree, resource))) {
    return undefined;
  }
  // It may have appeared just now.
  const [again] = await worktree.plumbing.objects([oid === '' ? ref : oid]);
  if (again === undefined) {
    throw unreadable(resource, oid === '' ? 'its reference is damaged' : `the record ${oid} is missing`);
  }
  return requireLease(resource, leaseOf(again));
}

/**
 * Whether the lease's reference has a file of its own. git leaves out one that is damaged, and, without a word, one that it
 * cannot look at or that names another reference that is not there; and a folder that it cannot open is an empty one to it.
 * @throws LeaseError `lease_unreadable` when the disk does not say.
 */
export async function hasFile(worktree: Worktree, resource: Resource): Promise<boolean> {
  try {
    return await hasOwnFile(worktree, leaseRef(resource));
  } catch (thrown) {
    throw unreadable(resource, `its reference cannot be read from the disk (${messageOf(thrown)})`, thrown);
  }
}

/**
 * The lease, which the token must be the current one of.
 * @throws LeaseError `lease_lost`, `lease_unreadable`.
 */
export async function requireHeld(worktree: Worktree, resource: Resource, token: string): Promise<Lease> {
  const current = await readLease(worktree, resource);
  if (current?.token !== token || current.status !== 'held') {
    throw new LeaseError('lease_lost', resource, lostMessage(resource, current), current);
  }
  return current;
}

/** @throws LeaseError `lease_unreadable` when what was found is not this resource's lease. */
export function requireLease(resource: Resource, lease: Lease | undefined): Lease {
  if (lease === undefined || leaseRef(lease.resource) !== leaseRef(resource)) {
    throw unreadable(resource, 'what its reference names is not its record');
  }
  return lease;
}

export function unreadable(resource: Resource, why: string, cause?: unknown): LeaseError {
  const message = `The lease of ${formatResource(resource)} cannot be read: ${why}.`;
  return new LeaseError('lease_unreadable', resource, message, undefined, undefined, { cause });
}

/**
 * The leases of a repository. One that cannot be read does not hide the others: its reference is named to `unreadable`.
 */
export async function listLeases(
  worktree: Worktree,
  unreadable: (ref: string) => void = () => undefined,
): Promise<Lease[]> {
  const listed = await listRefObjects(worktree, [leasePrefix], unreadable);
  return listed.flatMap(({ ref, object }) => {
    const lease = object === undefined ? undefined : leaseOf(object);
    if (lease === undefined || leaseRef(lease.resource) !== ref) {
      unreadable(ref);
      return [];
    }
    return [lease];
  });
}

/** Every version of a lease, newest first. @throws LeaseError `lease_unreadable`. */
export async function leaseHistory(worktree: Worktree, lease: Lease): Promise<Lease[]> {
  try {
    const versions = await recordHistory(worktree, lease.token, historyLimit);
    return versions.flatMap((version) => parseLease(version) ?? []);
  } catch (thrown) {
    if (thrown instanceof GitError && thrown.failure === 'object_missing') {
      throw unreadable(lease.resource, 'an earlier version of it is missing', thrown);
    }
    throw thrown;
  }
}

/** The resource that a token was given out for; undefined when no such record is known (any more). */
export async function resourceOfToken(worktree: Worktree, token: string): Promise<Resource | undefined> {
  const [object] = await worktree.plumbing.objects([token]);
  return object === undefined ? undefined : leaseOf(object)?.resource;
}
