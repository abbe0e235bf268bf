import type { Checkpoint } from '../checkpoint/checkpoint';
import type { Repository } from '../git/worktree';
import { heartbeatAge } from '../leases/heartbeat';
import type { Lease, Resource } from '../leases/lease';
import { lifeOf } from '../refs/identity';
import type { Liveness } from './session';

/** Time in ms without a sign of life after which a lease holder counts as silent. */
const silentAfterMs = 10 * 60_000;
/** A session without a lease that took a checkpoint within this time, in milliseconds, may still be writing. */
const quietAfterMs = 30 * 60_000;
/**
 * Where no count of this machine tells how old a checkpoint is (another machine took it), clocks must: a session counts as
 * writing for so long, in milliseconds, that no clock step makes the difference.
 */
const foreignQuietAfterMs = 24 * 60 * 60_000;

/** How the owner of a held lease is. Nothing but what is shown depends on it. */
export async function livenessOfOwner(repository: Repository, lease: Lease): Promise<Liveness> {
  if (lease.takenFrom !== undefined && lease.agent === 'editor' && lease.resource.kind === 'session') {
    // A person has stopped the session's agent; nothing of it can write.
    return { state: 'lost', reason: 'taken_over', since: lease.acquired };
  }
  switch (lease.holder && lifeOf(lease.holder)) {
    case 'runs':
      return { state: 'alive', reason: 'process_runs', since: lease.acquired };
    case 'ended':
      return { state: 'lost', reason: 'process_ended', since: undefined };
    case 'unclear':
    case 'elsewhere':
    case undefined:
      return livenessByHeartbeat(await heartbeatAge(repository, lease.resource), silentAfterMs);
  }
}

/** How a session is, with or without a lease. */
export async function livenessOfSession(
  repository: Repository,
  session: string,
  lease: Lease | undefined,
  latest: Checkpoint | undefined,
): Promise<Liveness> {
  switch (lease?.status) {
    case 'held':
      if (lease.agent === 'editor' && latest !== undefined && latest.agent !== 'editor') {
        // A person holds it whose agent had no lease: that one is stopped as well.
        return { state: 'lost', reason: 'taken_over', since: lease.acquired };
      }
      return livenessOfOwner(repository, lease);
    case 'ended':
      return { state: 'ended', reason: 'ended', since: lease.changed };
    case 'released':
      // With another checkpoint since, it went on without a lease. Which came first, no clock is asked.
      return latest === undefined || latest.oid === lease.head
        ? { state: 'ended', reason: 'released', since: lease.changed }
        : livenessWithoutLease(repository, session, latest);
    case undefined:
      return livenessWithoutLease(repository, session, latest);
  }
}

async function livenessWithoutLease(
  repository: Repository,
  session: string,
  latest: Checkpoint | undefined,
): Promise<Liveness> {
  const resource: Resource = { kind: 'session', name: session };
  const age = await heartbeatAge(repository, resource);
  if (age === undefined && latest !== undefined) {
    const foreign = Math.abs(Date.now() - latest.time);
    return foreign < foreignQuietAfterMs
      ? { state: 'alive', reason: 'sign_of_life', since: latest.time }
      : { state: 'silent', reason: 'no_sign_of_life', since: latest.time };
  }
  return livenessByHeartbeat(age, quietAfterMs);
}

/** Whether a session may still be writing: one that holds its lease may for as long as its process is not known to have ended. */
export function isLive(lease: Lease | undefined, liveness: Liveness): boolean {
  return lease?.status === 'held' ? liveness.state !== 'lost' : liveness.state === 'alive';
}

function livenessByHeartbeat(age: number | undefined, limit: number): Liveness {
  const since = age === undefined ? undefined : Date.now() - age;
  return age !== undefined && age < limit
    ? { state: 'alive', reason: 'sign_of_life', since }
    : { state: 'silent', reason: 'no_sign_of_life', since };
}
