import type { Checkpoint, FileChange } from '../checkpoint/checkpoint';
import { pathText, type GitPath } from '../git/path';
import type { Lease } from '../leases/lease';
import { formatResource } from '../leases/resource';
import type { MovedAway } from '../ledger';
import type { Liveness } from '../sessions/session';
import { isoTime } from './text';

/** A value of a JSON answer, where an undefined field is printed as `null`. The field names are a contract. */
export type Shape = Readonly<Record<string, unknown>>;

export function checkpointShape(checkpoint: Checkpoint): Shape {
  return {
    checkpoint: checkpoint.oid,
    tree: checkpoint.tree,
    session: checkpoint.session,
    agent: checkpoint.agent,
    step: checkpoint.step,
    time: isoTime(checkpoint.time),
    worktree: checkpoint.worktree,
    base: checkpoint.base,
    branch: checkpoint.branch,
    operation: checkpoint.operation,
    mode: checkpoint.mode,
    tool: checkpoint.tool,
    task: checkpoint.task,
    message: checkpoint.message,
    paths: checkpoint.paths.map(pathText),
    uncovered: checkpoint.uncovered.map(pathShape),
    uncoveredMore: checkpoint.uncoveredMore,
    staged: checkpoint.staged,
    folded: checkpoint.folded,
  };
}

/** A path with why something is, or is not, done with it. */
export function pathShape({ path, reason }: { readonly path: GitPath; readonly reason: string }): Shape {
  return { path: pathText(path), reason };
}

export function changeShape({ path, kind, oldOid, newOid, oldMode, newMode }: FileChange): Shape {
  return { path: pathText(path), change: kind, oldBlob: oldOid, newBlob: newOid, oldMode, newMode };
}

/** The JSON of a lease, without its token: only the claim itself gives that out. */
export function leaseShape(lease: Lease, liveness?: Liveness): Shape {
  return {
    resource: formatResource(lease.resource),
    owner: lease.owner,
    agent: lease.agent,
    status: lease.status,
    acquired: isoTime(lease.acquired),
    changed: isoTime(lease.changed),
    worktree: lease.worktree,
    takenFrom: lease.takenFrom,
    endedBy: lease.endedBy,
    ...(liveness === undefined ? {} : { state: liveness.state, because: liveness.reason }),
  };
}

/** Where the old content of a path is. */
export function movedShape({ path, checkpoint, as }: MovedAway): Shape {
  return { path: pathText(path), checkpoint, keptAs: as && pathText(as) };
}
