import type { Checkpoint, FileChange, Uncovered } from '../checkpoint/checkpoint';
import { pathText } from '../git/path';
import type { Lease } from '../leases/lease';
import { formatResource } from '../leases/resource';
import type { MovedAway } from '../ledger';
import type { Liveness } from '../sessions/session';

/** The JSON of a checkpoint. The field names are a contract. */
export interface CheckpointShape {
  readonly checkpoint: string;
  readonly tree: string;
  readonly session: string;
  readonly agent: string;
  readonly step: number;
  readonly time: string;
  readonly worktree: string;
  readonly base: string | null;
  readonly branch: string | null;
  readonly operation: string | null;
  readonly mode: string;
  readonly tool: string | null;
  readonly task: string | null;
  readonly message: string;
  readonly paths: readonly string[];
  readonly uncovered: readonly UncoveredShape[];
  readonly uncoveredMore: number;
  readonly staged: string | null;
  readonly folded: readonly string[];
}

export interface UncoveredShape {
  readonly path: string;
  readonly reason: string;
}

export function checkpointShape(checkpoint: Checkpoint): CheckpointShape {
  return {
    checkpoint: checkpoint.oid,
    tree: checkpoint.tree,
    session: checkpoint.session,
    agent: checkpoint.agent,
    step: checkpoint.step,
    time: new Date(checkpoint.time).toISOString(),
    worktree: checkpoint.worktree,
    base: checkpoint.base ?? null,
    branch: checkpoint.branch ?? null,
    operation: checkpoint.operation ?? null,
    mode: checkpoint.mode,
    tool: checkpoint.tool ?? null,
    task: checkpoint.task ?? null,
    message: checkpoint.message,
    paths: checkpoint.paths.map(pathText),
    uncovered: checkpoint.uncovered.map(uncoveredShape),
    uncoveredMore: checkpoint.uncoveredMore,
    staged: checkpoint.staged ?? null,
    folded: checkpoint.folded,
  };
}

export function uncoveredShape({ path, reason }: Uncovered): UncoveredShape {
  return { path: pathText(path), reason };
}

export function changeShape(change: FileChange): Record<string, string | null> {
  return {
    path: pathText(change.path),
    change: change.kind,
    oldBlob: change.oldOid ?? null,
    newBlob: change.newOid ?? null,
    oldMode: change.oldMode ?? null,
    newMode: change.newMode ?? null,
  };
}

/** The JSON of a lease, without its token: only the claim itself gives that out. */
export function leaseShape(lease: Lease, liveness?: Liveness): Record<string, string | null> {
  return {
    resource: formatResource(lease.resource),
    owner: lease.owner,
    agent: lease.agent ?? null,
    status: lease.status,
    acquired: new Date(lease.acquired).toISOString(),
    changed: new Date(lease.changed).toISOString(),
    worktree: lease.worktree ?? null,
    takenFrom: lease.takenFrom ?? null,
    endedBy: lease.endedBy ?? null,
    ...(liveness === undefined ? {} : { state: liveness.state, because: liveness.reason }),
  };
}

/** Where the old content of a path is. */
export function movedShape({ path, checkpoint, as }: MovedAway): Record<string, string | null> {
  return {
    path: pathText(path),
    checkpoint: checkpoint ?? null,
    keptAs: as === undefined ? null : pathText(as),
  };
}
