import { randomUUID } from 'node:crypto';
import { Again, retry } from '../git/retry';
import type { Worktree } from '../git/worktree';
import type { Claim } from './claim';
import { LeaseError } from './error';
import { whileHolding, type HeldLease } from './hold';
import type { Resource } from './lease';
import { resourceOfToken } from './read';
import { leaseRef } from './resource';

/** Time limit in ms for waiting for another owner of the worktree's lease. */
const leaseTimeoutMs = 10_000;

/** Who is to change a worktree. */
interface Owner extends Pick<Claim, 'takeOver'> {
  readonly session: string;
  readonly agent: string;
  /** The tokens that they hold. */
  readonly leases?: readonly string[] | undefined;
}

/** The worktree's lease while somebody changes the worktree. */
export interface HeldWorktree extends HeldLease {
  /** They, with the token for the worktree among those that they hold. */
  readonly writer: { readonly session: string; readonly agent: string; readonly leases: readonly string[] };
}

/**
 * Changes a worktree under its lease: the one that the owner holds, or one of its own for as long as it takes.
 * @param how `name` is what it says of the owner's work; `key` is that of another worktree of the same repository; with
 * `waits: false` another owner is told of at once, without it after ten seconds.
 * @throws LeaseError `lease_held` when another owner is changing the worktree; what `work` throws.
 */
export async function underWorktreeLease<T>(
  worktree: Worktree,
  { session, agent, leases = [], takeOver }: Owner,
  work: (held: HeldWorktree) => Promise<T>,
  how: { readonly name?: string; readonly key?: string; readonly waits?: boolean } = {},
): Promise<T> {
  const { name = 'sync', key = worktree.key, waits = true } = how;
  const resource = { kind: 'worktree', name: key } as const;
  // A name of its own each time: two works of one session must not take each other for the same one, resumed.
  const claim = { owner: `${session} (${name} ${randomUUID().slice(0, 8)})`, agent, takeOver };
  const token = await tokenFor(worktree, resource, leases);
  let started = false;
  const limits = { withinMs: waits ? leaseTimeoutMs : 0, pauseMs: () => 100 + Math.random() * 200 };
  return retry(limits, async () => {
    try {
      return await whileHolding(worktree, resource, { claim, token }, (held) => {
        started = true;
        return work({ ...held, writer: { session, agent, leases: [...leases, held.token] } });
      });
    } catch (thrown) {
      if (thrown instanceof LeaseError && thrown.reason === 'lease_held' && !started) {
        return new Again(thrown);
      }
      throw thrown;
    }
  });
}

/** The token for the worktree among these: who works under it already does not wait for itself. */
async function tokenFor(
  worktree: Worktree,
  resource: Resource,
  leases: readonly string[],
): Promise<string | undefined> {
  for (const token of leases) {
    const meant = await resourceOfToken(worktree, token);
    if (meant !== undefined && leaseRef(meant) === leaseRef(resource)) {
      return token;
    }
  }
  return undefined;
}
