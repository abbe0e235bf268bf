import { stat } from 'node:fs/promises';
import path from 'node:path';
import { BelayError } from '../errors';
import { whenMissing } from '../git/diskErrors';
import type { Worktree } from '../git/worktree';
import { sessionLeaseRef } from '../refs/names';
import type { Verify } from '../refs/change';
import type { Fence } from '../refs/transaction';
import { LeaseError, lostMessage } from './error';
import type { Lease, Resource } from './lease';
import { hasFile, leaseOf, listLeases, readLease, requireLease, unreadable } from './read';
import { formatResource, leaseRef } from './resource';

/** What a lease must be for a writer to write: at this token or, for a writer without one, unchanged since it was read. */
interface Expectation {
  readonly resource: Resource;
  readonly at: string | undefined;
  /** Whether the writer holds that token, and does not merely build on nobody's holding the lease. */
  readonly held: boolean;
}

/** The lock files that stand on the leases, so that nobody can move them. */
export type Frozen = ReadonlyMap<string, string>;

/**
 * The fence of one writer: what its leases must be in the transaction that writes. Looking at them before only saves
 * work; what counts is that git compares them once more together with the write.
 */
export class Guard implements Fence {
  readonly verifies: readonly Verify[];

  constructor(
    private readonly worktree: Worktree,
    private readonly expected: readonly Expectation[],
  ) {
    this.verifies = expected.map(({ resource, at }) => ({ kind: 'verify', ref: leaseRef(resource), at }));
  }

  /**
   * Reads the leases again, to tell why a write was refused.
   * @throws LeaseError when a lease is not what this writer builds on, or cannot be read.
   */
  async check(): Promise<void> {
    for (const expectation of this.expected) {
      compare(expectation, await readLease(this.worktree, expectation.resource));
    }
  }

  /**
   * A git that was killed while it verified leaves an empty lock file on the lease (measured: 7 % of kills), and no
   * transaction can verify it until that is removed. But neither can anybody claim it: as long as that very file stands,
   * the lease is what it is. So what is checked before and after a write, with the same lock on it, held in between.
   * @returns the lock files; undefined when there is none, so that they are not what was in the way.
   */
  async frozen(): Promise<Frozen | undefined> {
    const found = new Map<string, string>();
    for (const expectation of this.expected) {
      const ref = leaseRef(expectation.resource);
      const file = path.join(this.worktree.repository.commonDir, `${ref}.lock`);
      const lock = await stat(file, { bigint: true }).catch(whenMissing(undefined));
      if (lock === undefined) {
        continue;
      }
      const current = await readLease(this.worktree, expectation.resource);
      compare(expectation, current);
      if (current?.token === expectation.at) {
        found.set(ref, `${lock.ino} ${lock.ctimeNs}`);
      }
    }
    return found.size === 0 ? undefined : found;
  }

  /** Whether the same lock files still stand on the same leases. @throws LeaseError. */
  async stillFrozen(before: Frozen): Promise<boolean> {
    const now = await this.frozen();
    return [...before].every(([ref, lock]) => now?.get(ref) === lock);
  }

  /** The fence without those leases that a lock file keeps from being verified. */
  without(frozen: Frozen): Fence {
    return { verifies: this.verifies.filter(({ ref }) => !frozen.has(ref)) };
  }
}

/**
 * The fence for a writer that holds these tokens and, where it writes for a session, for that session's lease: without its
 * token when nobody holds that.
 * @throws LeaseError `lease_lost` for a token that is not the current one, `lease_required` when the session is leased and
 * none of the tokens is for it, `lease_unreadable`.
 */
export async function openGuard(
  worktree: Worktree,
  writer: { readonly session?: string; readonly leases?: readonly string[] | undefined },
): Promise<Guard> {
  const tokens = [...new Set(writer.leases ?? [])];
  for (const token of tokens) {
    requireToken(token);
  }
  const own: Resource | undefined =
    writer.session === undefined ? undefined : { kind: 'session', name: writer.session };
  const names = [...(own === undefined ? [] : [sessionLeaseRef(own.name)]), ...tokens];
  const found = names.length === 0 ? [] : await worktree.plumbing.objects(names);
  const records = tokens.map((token, index) => {
    const object = found[index + (own === undefined ? 0 : 1)];
    return { token, resource: object === undefined ? undefined : leaseOf(object)?.resource };
  });
  const expected: Expectation[] = [];
  for (const { token, resource } of records) {
    if (resource === undefined) {
      throw await unknownToken(worktree, token, own);
    }
    const expectation: Expectation = { resource, at: token, held: true };
    compare(expectation, await readLease(worktree, resource));
    expected.push(expectation);
  }
  const covered = expected.some(({ resource }) => own !== undefined && leaseRef(resource) === leaseRef(own));
  if (own !== undefined && !covered) {
    const [object] = found;
    // "Missing" may also be "cannot be read": the disk tells, and the transaction, which requires that there is none.
    const lease =
      object !== undefined
        ? requireLease(own, leaseOf(object))
        : (await hasFile(worktree, own))
          ? await readLease(worktree, own)
          : undefined;
    const expectation: Expectation = { resource: own, at: lease?.token, held: false };
    requireFree(own, lease);
    expected.push(expectation);
  }
  return new Guard(worktree, expected);
}

/** @throws BelayError `invalid_lease` for a text that no claim can have given out. */
export function requireToken(text: string): string {
  if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(text)) {
    throw new BelayError(
      'invalid_lease',
      `${JSON.stringify(text.slice(0, 80))} is not the token of a lease.`,
    );
  }
  return text;
}

/**
 * The refusal for a token that names no record. It was given out for something that has been cleared away since; but a
 * record that cannot be read looks the same, and while a lease names it, or a lease cannot be read, nothing is proven.
 */
async function unknownToken(
  worktree: Worktree,
  token: string,
  own: Resource | undefined,
): Promise<LeaseError> {
  const resource = own ?? { kind: 'session', name: '?' };
  if (own !== undefined) {
    const current = await readLease(worktree, own);
    if (current !== undefined) {
      return new LeaseError('lease_lost', own, lostMessage(own, current), current);
    }
  }
  const inDoubt: string[] = [];
  await listLeases(worktree, (ref) => inDoubt.push(ref));
  if (inDoubt.length > 0) {
    return unreadable(resource, `the token ${token.slice(0, 10)} may be that of ${inDoubt.join(', ')}`);
  }
  const message = `No lease has the token ${token.slice(0, 10)} (any more).`;
  return new LeaseError('lease_lost', resource, message, undefined);
}

/** @throws LeaseError unless the lease is what is expected. */
function compare({ resource, at, held }: Expectation, current: Lease | undefined): void {
  if (!held) {
    requireFree(resource, current);
  }
  if (current?.token !== at && held) {
    throw new LeaseError('lease_lost', resource, lostMessage(resource, current), current);
  }
  if (held && current?.status !== 'held') {
    throw new LeaseError('lease_lost', resource, lostMessage(resource, current), current);
  }
}

/** @throws LeaseError `lease_required` when the lease is held, or its session was ended. */
function requireFree(resource: Resource, lease: Lease | undefined): void {
  if (lease?.status === 'held') {
    const since = new Date(lease.acquired).toISOString();
    throw new LeaseError(
      'lease_required',
      resource,
      `${formatResource(resource)} is leased by ${lease.owner} since ${since}, and no token of that lease was given.`,
      lease,
    );
  }
  if (lease?.status === 'ended') {
    throw new LeaseError(
      'lease_required',
      resource,
      `${lostMessage(resource, lease)} Nobody writes for it until it is started again.`,
      lease,
    );
  }
}
