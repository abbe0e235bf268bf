import type { Checkpoint, ChangeKind } from '../../checkpoint/checkpoint';
import type { PathEntry } from '../../checkpoint/trees';
import type { GitPath } from '../../git/path';
import type { CautionReason } from '../restoreRequest';

/** `stage`: the path is staged again; `unstage`: it gets HEAD's version, since nothing of it was staged. */
export type StagedAction = 'stage' | 'unstage';

export interface PlannedStaged {
  readonly path: GitPath;
  readonly action: StagedAction;
  /** What this does to the entry that the index has now. */
  readonly change: ChangeKind;
  /** What the index is to have of it; undefined: nothing. */
  readonly entry: PathEntry | undefined;
  readonly caution: CautionReason | undefined;
  /** The live session that staged it last, where that is the caution. */
  readonly writtenBy: string | undefined;
}

/** Why a path of a staged state cannot be put into the index. */
export type StagedBlockedReason =
  /** It was in conflict when the checkpoint was taken, which only git's own merge can make again. */
  | 'was_in_conflict'
  /** A file stays in the index where this one would need a folder, or the other way round. */
  | 'in_the_way'
  /** Its content is not in the repository (any more). */
  | 'content_missing';

export interface BlockedStaged {
  readonly path: GitPath;
  readonly reason: StagedBlockedReason;
}

/** What putting a checkpoint's staged state into the index would do. */
export interface StagedPlan {
  readonly target: Checkpoint;
  /** Those with a caution are only touched where they are included. */
  readonly paths: readonly PlannedStaged[];
  readonly blocked: readonly BlockedStaged[];
}

export interface StagedResult {
  /** What was put into the index: the checkpoint's id. */
  readonly target: string;
  /** The checkpoints that were taken before and after the index was written; undefined where it was not. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly staged: readonly GitPath[];
  readonly unstaged: readonly GitPath[];
  /** Left alone because of a caution. */
  readonly skipped: readonly PlannedStaged[];
  readonly blocked: readonly BlockedStaged[];
  /** For an undo: whether the index file is byte for byte what it was, times and marks included. */
  readonly exact: boolean;
}
