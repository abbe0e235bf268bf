import { messageOf } from '../errors';
import type { Worktree } from '../git/worktree';
import { identityOf } from '../refs/identity';
import { claimLease, releaseLease, renewLease, type Claim } from './claim';
import { LeaseError } from './error';
import { openGuard } from './guard';
import type { Resource } from './model';

/** How often whoever works under a lease looks whether it still has it, in milliseconds. */
const beatEvery = 5_000;

/** For so long, in milliseconds, a look at the lease need not be repeated: effects outside of git come in thousands. */
const freshFor = 10;

/** A lease while its owner works under it. */
export interface Held {
  readonly token: string;
  /** Aborted as soon as the lease is known to be lost. */
  readonly signal: AbortSignal;
  /** For a step with effects outside of git. @throws LeaseError when the lease is lost or cannot be read. */
  check(): Promise<void>;
}

/**
 * Works under a lease that ends with the work: claims it, leaves signs of life and looks after it meanwhile, and gives it
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
  work: (held: Held) => Promise<T>,
): Promise<T> {
  const own = options.token === undefined;
  const token =
    options.token ??
    (await claimLease(worktree, resource, { ...options.claim, holder: identityOf(process.pid) })).token;
  const lost = new AbortController();
  let checked = performance.now();
  const check = async (): Promise<void> => {
    lost.signal.throwIfAborted();
    if (performance.now() - checked < freshFor) {
      return;
    }
    try {
      await openGuard(worktree, { leases: [token] });
      checked = performance.now();
    } catch (thrown) {
      if (thrown instanceof LeaseError && thrown.reason === 'lease_lost') {
        lost.abort(thrown);
      }
      throw thrown;
    }
  };
  const beating = setInterval(() => {
    renewLease(worktree, resource, token).catch((thrown: unknown) => {
      if (thrown instanceof LeaseError && thrown.reason === 'lease_lost') {
        clearInterval(beating);
        lost.abort(thrown);
      }
    });
  }, beatEvery);
  beating.unref();
  try {
    return await work({ token, signal: lost.signal, check });
  } finally {
    clearInterval(beating);
    if (own) {
      await releaseLease(worktree, resource, token, { status: 'released' }).catch(toleratesLoss);
    }
  }
}

/** Somebody took it over meanwhile, or it cannot be given up now; a process that has ended holds nothing up. */
function toleratesLoss(thrown: unknown): void {
  if (!(thrown instanceof LeaseError)) {
    throw new Error(`The lease could not be given up: ${messageOf(thrown)}`, { cause: thrown });
  }
}
