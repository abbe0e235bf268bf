import type { Checkpoint } from '../checkpoint/model';
import type { Repository } from '../git/worktree';
import { beatAge } from '../leases/heartbeat';
import type { Lease, Resource } from '../leases/model';
import { lifeOf } from '../refs/identity';
import type { Vital } from './model';

/** Time in ms without a sign of life after which a lease holder counts as silent. */
const silentAfter = 10 * 60_000;
/** A session without a lease that took a checkpoint within this time, in milliseconds, may still be writing. */
const quietAfter = 30 * 60_000;
/**
 * Where no count of this machine tells how old a checkpoint is (another machine took it), clocks must: a session counts as
 * writing for so long, in milliseconds, that no clock step makes the difference.
 */
const foreignQuietAfter = 24 * 60 * 60_000;

/** How the owner of a held lease is. Nothing but what is shown depends on it. */
export async function vitalOfOwner(repository: Repository, lease: Lease): Promise<Vital> {
  if (lease.takenFrom !== undefined && lease.agent === 'editor' && lease.resource.kind === 'session') {
    // A person has stopped the session's agent; nothing of it can write.
    return { state: 'lost', because: 'taken_over', since: lease.acquired };
  }
  switch (lease.holder && lifeOf(lease.holder)) {
    case 'runs':
      return { state: 'alive', because: 'process_runs', since: lease.acquired };
    case 'ended':
      return { state: 'lost', because: 'process_ended', since: undefined };
    case 'unclear':
    case 'elsewhere':
    case undefined:
      return vitalOfBeat(await beatAge(repository, lease.resource), silentAfter);
  }
}

/** How a session is, with or without a lease. */
export async function vitalOfSession(
  repository: Repository,
  session: string,
  lease: Lease | undefined,
  latest: Checkpoint | undefined,
): Promise<Vital> {
  switch (lease?.status) {
    case 'held':
      if (lease.agent === 'editor' && latest !== undefined && latest.agent !== 'editor') {
        // A person holds it whose agent had no lease: that one is stopped as well.
        return { state: 'lost', because: 'taken_over', since: lease.acquired };
      }
      return vitalOfOwner(repository, lease);
    case 'ended':
      return { state: 'ended', because: 'ended', since: lease.changed };
    case 'released':
      // With another checkpoint since, it went on without a lease. Which came first, no clock is asked.
      return latest === undefined || latest.oid === lease.head
        ? { state: 'ended', because: 'released', since: lease.changed }
        : vitalWithoutLease(repository, session, latest);
    case undefined:
      return vitalWithoutLease(repository, session, latest);
  }
}

async function vitalWithoutLease(
  repository: Repository,
  session: string,
  latest: Checkpoint | undefined,
): Promise<Vital> {
  const resource: Resource = { kind: 'session', name: session };
  const age = await beatAge(repository, resource);
  if (age === undefined && latest !== undefined) {
    const foreign = Math.abs(Date.now() - latest.time);
    return foreign < foreignQuietAfter
      ? { state: 'alive', because: 'sign_of_life', since: latest.time }
      : { state: 'silent', because: 'no_sign_of_life', since: latest.time };
  }
  return vitalOfBeat(age, quietAfter);
}

/** Whether a session may still be writing: one that holds its lease may for as long as its process is not known to have ended. */
export function isLive(lease: Lease | undefined, vital: Vital): boolean {
  return lease?.status === 'held' ? vital.state !== 'lost' : vital.state === 'alive';
}

function vitalOfBeat(age: number | undefined, limit: number): Vital {
  const since = age === undefined ? undefined : Date.now() - age;
  return age !== undefined && age < limit
    ? { state: 'alive', because: 'sign_of_life', since }
    : { state: 'silent', because: 'no_sign_of_life', since };
}
