import path from 'node:path';
import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import { isFree } from '../leases/claim';
import { LeaseError } from '../leases/error';
import type { Lease } from '../leases/lease';
import { leaseHistory } from '../leases/read';
import { withLock } from '../refs/lock';
import { sessionComponent } from '../refs/names';
import { leaseOfSession, startSession } from '../sessions/lifecycle';
import type { Callers } from './callers';

/** How long a hook waits for another one of its session that claims the lease, in milliseconds. */
const claimWait = 1_000;

/** Whether a process may work for a session. */
export type HookAuthority =
  /** It holds the lease with this token, or nobody does and none is needed. */
  | { readonly kind: 'may'; readonly leases: readonly string[] }
  /** Another process holds it, or the session was ended. `leases` has its own last token, where it had one: it counts no more. */
  | { readonly kind: 'fenced'; readonly because: 'replaced' | 'ended'; readonly leases: readonly string[] };

export interface Asking {
  readonly session: string;
  readonly agent: string;
  readonly callers: Callers;
  /** The agent says that it starts or goes on with the session. */
  readonly starting: boolean;
  /** It is about to work, so that it needs a lease; what comes after the work goes without one where nobody holds it. */
  readonly claims: boolean;
}

/**
 * Who a hook is. The lease itself remembers which process holds it, so that each hook of that process finds its token there,
 * and a process whose session was taken up by another one is told from the one that took it: it stands in the lease's history.
 * Where the system does not tell processes apart, one that says nothing of itself is taken for the holder.
 * @throws LeaseError `lease_unreadable`.
 */
export async function hookAuthorityOf(worktree: Worktree, asking: Asking): Promise<HookAuthority> {
  const first = await judge(worktree, asking);
  if (first !== 'claim') {
    return first;
  }
  const name = `agent-${sessionComponent(asking.session)}`;
  const lock = path.join(worktree.repository.belayDir, 'locks', name);
  // Hooks of one process overlap: the second one is to find what the first has claimed, not to claim once more.
  return withLock(lock, { wait: claimWait, shared: worktree.repository.shared }, async () => {
    const again = await judge(worktree, asking);
    return again === 'claim' ? claim(worktree, asking) : again;
  });
}

async function judge(worktree: Worktree, asking: Asking): Promise<HookAuthority | 'claim'> {
  const { agent, starting, claims } = asking;
  const lease = await leaseOfSession(worktree, asking.session);
  const want = claims || lease?.status === 'held' ? 'claim' : ({ kind: 'may', leases: [] } as const);
  if (lease === undefined) {
    return want;
  }
  const own = lease.owner === agent;
  if (
    lease.status === 'held' &&
    own &&
    (lease.holder === undefined || asking.callers.include(lease.holder))
  ) {
    return { kind: 'may', leases: [lease.token] };
  }
  if (starting && (own || lease.status !== 'held')) {
    return 'claim';
  }
  if (lease.status === 'held' && !own && !isFree(lease)) {
    return fenced(worktree, asking, lease, 'replaced');
  }
  if (lease.status === 'ended' && lease.endedBy !== lease.owner) {
    return fenced(worktree, asking, lease, 'ended');
  }
  return (await wasReplaced(worktree, asking, lease)) ? fenced(worktree, asking, lease, 'replaced') : want;
}

async function claim(worktree: Worktree, { session, agent, callers }: Asking): Promise<HookAuthority> {
  try {
    const lease = await startSession(worktree, session, { owner: agent, agent, holder: callers.agent() });
    return { kind: 'may', leases: [lease.token] };
  } catch (thrown) {
    if (
      thrown instanceof BelayError &&
      (thrown.reason === 'decision_pending' || thrown.reason === 'question_unreadable')
    ) {
      // Nobody starts while a person is asked, or may be; what is on the disk is kept all the same.
      return { kind: 'may', leases: [] };
    }
    if (thrown instanceof LeaseError && thrown.reason === 'lease_held') {
      return { kind: 'fenced', because: 'replaced', leases: [] };
    }
    throw thrown;
  }
}

/** Whether this process held the lease before another one took it up that still runs. */
async function wasReplaced(worktree: Worktree, { callers }: Asking, lease: Lease): Promise<boolean> {
  const holders = (await leaseHistory(worktree, lease)).flatMap(({ holder }) => holder ?? []);
  const [latest] = holders;
  if (latest === undefined || callers.include(latest) || isFree({ ...lease, holder: latest })) {
    return false;
  }
  return holders.some((holder) => callers.include(holder));
}

async function fenced(
  worktree: Worktree,
  { callers }: Asking,
  lease: Lease,
  because: 'replaced' | 'ended',
): Promise<HookAuthority> {
  const versions = await leaseHistory(worktree, lease);
  const own = versions.find(({ holder }) => holder !== undefined && callers.include(holder));
  return { kind: 'fenced', because, leases: own === undefined ? [] : [own.token] };
}
