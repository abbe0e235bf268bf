import { whenRefusedByBelay } from '../errors';
import type { Worktree } from '../git/worktree';
import { identityOf } from '../refs/identity';
import { claimLease, releaseLease, renewLease, type Claim } from './claim';
import { LeaseError } from './error';
import type { Resource } from './lease';
import { requireHeld } from './read';

/** Interval in ms at which a process that works under a lease checks that it still holds it. */
const heartbeatIntervalMs = 5_000;

/** Time in ms for which one check of the lease is valid: effects outside of git come in thousands. */
const checkValidMs = 10;

/** A lease while its owner works under it. */
export interface HeldLease {
  readonly token: string;
  /** Aborted as soon as the lease is known to be lost. */
  readonly signal: AbortSignal;
  /** For a step with effects outside of git. @throws LeaseError when the lease is lost or cannot be read. */
  check(): Promise<void>;
}

/**
 * Works under a lease that ends with the work: claims it, records heartbeats and watches it during the work, and gives it
 * up. Once it is lost, the signs stop and `signal` is aborted; what the work has done by then outside of git is for the
 * caller to report as stale. A sign of life that fails is not a lost lease.
 *
 * A worker that already holds a token for the resource works under that, and keeps it.
 * @throws LeaseError `lease_held`, or what `work` throws.
 */
export async function whileHolding<T>(
  worktree: Worktree,
  resource: Resource,
  options: { readonly claim: Claim; readonly token?: string | undefined },
  work: (held: HeldLease) => Promise<T>,
): Promise<T> {
  const own = options.token === undefined;
  const token =
    options.token ??
    (await claimLease(worktree, resource, { ...options.claim, holder: identityOf(process.pid) })).token;
  const lost = new AbortController();
  // One that was claimed elsewhere may have been lost since.
  let checked = own ? performance.now() : -Infinity;
  const stopWhenLost = (thrown: unknown): void => {
    if (thrown instanceof LeaseError && thrown.reason === 'lease_lost') {
      clearInterval(beating);
      lost.abort(thrown);
    }
  };
  const check = async (): Promise<void> => {
    lost.signal.throwIfAborted();
    if (performance.now() - checked < checkValidMs) {
      return;
    }
    try {
      await requireHeld(worktree, resource, token);
      checked = performance.now();
    } catch (thrown) {
      stopWhenLost(thrown);
      throw thrown;
    }
  };
  const beating = setInterval(() => {
    renewLease(worktree, resource, token).catch(stopWhenLost);
  }, heartbeatIntervalMs);
  beating.unref();
  try {
    return await work({ token, signal: lost.signal, check });
  } finally {
    clearInterval(beating);
    if (own) {
      // It was taken over, or cannot be released now: the work's result counts more, and a process that ended blocks nobody.
      await releaseLease(worktree, resource, token, { status: 'released' }).catch(
        whenRefusedByBelay(undefined),
      );
    }
  }
}
