import { checkpointsAt } from '../checkpoint/history';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { listStale } from '../checkpoint/stale';
import type { Worktree } from '../git/worktree';
import { listLeases } from '../leases/read';
import type { Lease } from '../leases/lease';
import { sessionPrefix } from '../refs/names';
import type { Session } from './session';
import { isLive, livenessOfSession } from './liveness';

/**
 * The sessions that have taken checkpoints in this repository or were started in it, the latest first. A reference that
 * cannot be read is named to `unreadable`.
 */
export async function listSessions(
  worktree: Worktree,
  unreadable?: (ref: string) => void,
): Promise<Session[]> {
  const [heads, leases, stale] = await Promise.all([
    checkpointsAt(worktree, sessionPrefix, unreadable),
    listLeases(worktree, unreadable),
    listStale(worktree),
  ]);
  const latest = new Map([...heads.values()].map((checkpoint) => [checkpoint.session, checkpoint]));
  const leased = new Map(
    leases.filter(({ resource }) => resource.kind === 'session').map((lease) => [lease.resource.name, lease]),
  );
  // A writer that was fenced off before its first checkpoint, for another lease than its session's, has left only that.
  const ids = new Set([...latest.keys(), ...leased.keys(), ...stale.map(({ session }) => session)]);
  const sessions = await Promise.all(
    [...ids].map((id) => sessionOf(worktree, id, latest.get(id), leased.get(id), stale)),
  );
  return sessions.sort((a, b) => b.time - a.time || (a.id < b.id ? -1 : 1));
}

async function sessionOf(
  worktree: Worktree,
  id: string,
  latest: Checkpoint | undefined,
  lease: Lease | undefined,
  stale: readonly Checkpoint[],
): Promise<Session> {
  const liveness = await livenessOfSession(worktree.repository, id, lease, latest);
  const fenced = stale.filter(({ session }) => session === id);
  return {
    id,
    agent: latest?.agent ?? lease?.agent ?? fenced[0]?.agent ?? 'unknown',
    latest,
    steps: latest?.step ?? 0,
    worktree: latest?.worktree ?? lease?.worktree ?? fenced[0]?.worktree,
    liveness,
    live: isLive(lease, liveness),
    lease,
    stale: fenced,
    time: Math.max(latest?.time ?? 0, lease?.acquired ?? 0) || (fenced[0]?.time ?? 0),
  };
}
