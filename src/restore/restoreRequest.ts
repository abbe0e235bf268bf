import type { Uncovered } from '../checkpoint/checkpoint';
import type { GitPath } from '../git/path';
import type { MovedAway } from '../ledger';

/** What a restore would do to a path. */
export type RestoreAction = 'write' | 'delete';

/** Why a restore leaves a path alone unless it is explicitly included. */
export type CautionReason = 'drifted' | 'other_session';

/** Why a restore cannot touch a path at all. */
export type BlockedReason =
  | 'submodule'
  | 'blocked_by_folder'
  | 'blocked_by_link'
  | 'uncaptured_in_the_way'
  | 'special_file_in_the_way'
  /** It belongs together with a path that is left alone: one of them alone would make no sense. */
  | 'other_side_left'
  | 'changed_meanwhile'
  | 'write_failed';

export interface PlannedPath {
  readonly path: GitPath;
  readonly action: RestoreAction;
  readonly caution: CautionReason | undefined;
  /** The live session that wrote the path last, where that is the caution. */
  readonly writtenBy: string | undefined;
}

export interface BlockedPath {
  readonly path: GitPath;
  readonly reason: BlockedReason;
}

/** What paths can be brought back to: a checkpoint, or any other commit, such as one that only a backup holds. */
export interface RestoreTarget {
  readonly oid: string;
  readonly tree: string;
  /** Who took it, where it is a checkpoint: their own changes ask for no caution. */
  readonly session?: string;
  /** Of a checkpoint: what it did not cover, and the commit with its ignore rules. */
  readonly uncovered?: readonly Uncovered[];
  readonly rules?: string | undefined;
}

/** What a restore would do to each path that differs from the target now. */
export interface RestorePlan {
  readonly target: RestoreTarget;
  readonly paths: readonly PlannedPath[];
  readonly blocked: readonly BlockedPath[];
}

export interface RestoreRequest {
  /** The paths to restore; folders mean all below them; none means the whole checkpoint. */
  readonly paths?: readonly GitPath[];
  /** Also touch paths with a caution: all of them, or those named. */
  readonly include?: 'all' | readonly GitPath[];
  /** Who restores. */
  readonly session: string;
  readonly agent: string;
  /** The tokens that it holds. With one for the worktree it works under that; else it claims the worktree for the while. */
  readonly leases?: readonly string[] | undefined;
  /** Take the worktree over: from any holder of its lease, or only from the claim with that token. */
  readonly takeOver?: boolean | { readonly seen: string } | undefined;
}

export interface RestoreResult {
  readonly target: string;
  /** The checkpoint that was taken before anything was written. */
  readonly before: string;
  /** The checkpoint that was taken after. */
  readonly after: string;
  readonly written: readonly GitPath[];
  readonly deleted: readonly GitPath[];
  /** Left alone because of a caution. */
  readonly skipped: readonly PlannedPath[];
  readonly blocked: readonly BlockedPath[];
  /** Besides what `before` holds of the paths that were written and deleted. */
  readonly moved: readonly MovedAway[];
}
