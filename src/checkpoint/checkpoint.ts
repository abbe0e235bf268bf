import type { GitPath } from '../git/path';

/** How a checkpoint saw the worktree: a scan of everything, or the paths that the caller named. */
export type CaptureMode = 'whole' | 'paths';

/** Why a path is not covered by a checkpoint. */
export const uncoveredReasons = [
  'too_large',
  'total_exceeded',
  'too_many',
  'nested_repository',
  'submodule',
  'unreadable',
  'filter_failed',
  /** It takes longer to store than the capture had. */
  'too_slow',
  'ignored',
  /** Another worktree of the repository, by its key, that a hook had no time to look at before a call. */
  'worktree_not_looked_at',
  /** Left out by rules of the last checkpoint, or captured until a rule came. */
  'ignored_before',
] as const;

export type UncoveredReason = (typeof uncoveredReasons)[number];

export interface Uncovered {
  readonly path: GitPath;
  readonly reason: UncoveredReason;
}

/** One commit that holds a worktree's whole observed state, taken by one session. */
export interface Checkpoint {
  readonly oid: string;
  readonly tree: string;
  /** First the checkpoint before it (or HEAD's commit, for the first of a segment); see ARCHITECTURE.md for the rest. */
  readonly parents: readonly string[];
  /** Milliseconds since the epoch, by the clock of the machine that took it. */
  readonly time: number;
  readonly session: string;
  readonly agent: string;
  /** 1, 2, 3, ... per session, without gap or repeat. */
  readonly step: number;
  /** HEAD's commit when it was taken; undefined on an unborn branch. */
  readonly base: string | undefined;
  /** The branch that HEAD named (`refs/heads/...`); undefined when detached. */
  readonly branch: string | undefined;
  /** A merge, rebase, cherry-pick, revert or bisect that was under way. */
  readonly operation: string | undefined;
  readonly mode: CaptureMode;
  readonly worktree: string;
  /** When that worktree was made, which tells it from an earlier one of that key; undefined for the main one. */
  readonly worktreeBorn: string | undefined;
  readonly segment: string;
  /** Whether it is the first of its segment, so that its first parent is not a checkpoint. */
  readonly opensSegment: boolean;
  readonly tool: string | undefined;
  readonly task: string | undefined;
  /** What the taker wrote about it, or a line that Belay made. Untrusted text. */
  readonly message: string;
  /** The paths that the taker named. */
  readonly paths: readonly GitPath[];
  readonly uncovered: readonly Uncovered[];
  /** How many further uncovered paths there were than `uncovered` names. */
  readonly uncoveredMore: number;
  /** The commit that holds the staged state, where it differed from HEAD's. */
  readonly staged: string | undefined;
  /** The commit that holds the user's index file, byte for byte, where a restore was about to replace it. */
  readonly indexFile: string | undefined;
  /** The commit that holds the ignore rules that stand; undefined where there are none. */
  readonly rules: string | undefined;
  /** Checkpoints that had landed beside the chain and were made reachable by this one. */
  readonly folded: readonly string[];
  /** Set on the checkpoint that a restore takes before it writes: the checkpoint it is about to restore. */
  readonly restoring: string | undefined;
  /** Set on the checkpoint that a restore takes after it wrote: the one it took before. */
  readonly restoredFrom: string | undefined;
  /** Set on what a fenced writer tried to save: why its lease did not count. It is no step of its session. */
  readonly stale: StaleReason | undefined;
}

/** Why a writer was fenced off. */
export type StaleReason = 'lease_lost' | 'lease_required' | 'lease_unreadable';

export interface CheckpointRequest {
  readonly session: string;
  readonly agent: string;
  /** Paths that the caller knows to have changed; none means a scan of the whole worktree. */
  readonly paths?: readonly GitPath[];
  /** Files and folders to be captured from now on whatever ignore rules say, and those not any more. */
  readonly includes?: { readonly add: readonly GitPath[]; readonly remove: readonly GitPath[] };
  readonly message?: string | undefined;
  readonly tool?: string | undefined;
  readonly task?: string | undefined;
  /** What else is known not to be covered at this moment, besides what the capture finds. */
  readonly alsoUncovered?: readonly Uncovered[];
  /** Take one even when nothing changed; `unless_own`: unless the session, for this task, has taken the last one itself. */
  readonly always?: boolean | 'unless_own';
  readonly restoring?: string;
  readonly restoredFrom?: string;
  /**
   * What stood at these paths a moment ago and was moved aside: they alone change against the last checkpoint, whatever is on
   * disk. Their blobs are stored already.
   */
  readonly movedAside?: ReadonlyMap<GitPath, { readonly mode: string; readonly oid: string }>;
  /** A commit with the user's index file, which the checkpoint is to keep reachable. */
  readonly indexFile?: string;
  /** The tokens of the leases under which it is taken; for a leased session its own is among them. */
  readonly leases?: readonly string[];
}

export interface CheckpointResult {
  /** The new checkpoint, or the last one when nothing changed since. */
  readonly checkpoint: Checkpoint;
  /** The ref that holds it: the shadow branch, or an overflow ref. */
  readonly ref: string;
  readonly created: boolean;
  readonly uncovered: readonly Uncovered[];
  readonly attempts: number;
  /** What a person should know about how it landed. */
  readonly warnings: readonly string[];
}

export type ChangeKind = 'added' | 'modified' | 'deleted' | 'type_changed';

/** One path that differs between two trees. */
export interface FileChange {
  readonly path: GitPath;
  readonly kind: ChangeKind;
  readonly oldOid: string | undefined;
  readonly newOid: string | undefined;
  /** git's mode as six octal digits: 100644, 100755, 120000 (symbolic link), 160000 (submodule). */
  readonly oldMode: string | undefined;
  readonly newMode: string | undefined;
}
