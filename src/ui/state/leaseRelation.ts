import type { Lease } from '../../leases/lease';
import { lifeOf } from '../../refs/identity';
import type { Session, WorktreeSummary } from '../../sessions/session';
import type { OwnSession } from './ownSession';

/**
 * Where a session or worktree stands with its lease, as this window sees it. `own`: this window's own session. `mine`: the
 * person took it over here. `held`: another session holds it. `left`: its holder is gone. `free`: nobody holds it.
 * `over`: the session has ended.
 */
export type Standing = 'own' | 'mine' | 'held' | 'left' | 'free' | 'over';

export function standingOfSession(session: Session, own: OwnSession): Standing {
  const { lease, liveness: vital } = session;
  if (vital.state === 'ended') {
    return 'over';
  }
  if (lease?.status !== 'held') {
    return 'free';
  }
  if (own.holds(lease)) {
    return own.isOwn(session.id) && lease.owner === session.id ? 'own' : 'mine';
  }
  return isLeft(lease) ? 'left' : 'held';
}

export function standingOfWorktree({ lease }: WorktreeSummary, own: OwnSession): Standing {
  if (lease?.status !== 'held') {
    return 'free';
  }
  if (own.holds(lease)) {
    return 'mine';
  }
  return isLeft(lease) ? 'left' : 'held';
}

/** Whether nobody writes for it any more: it has ended, or its owner is gone without a word. */
export function isOver(standing: Standing): boolean {
  return standing === 'over' || standing === 'left';
}

function isLeft({ holder }: Lease): boolean {
  return holder !== undefined && lifeOf(holder) === 'ended';
}
