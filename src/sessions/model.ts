import type { Checkpoint } from '../checkpoint/model';

/** One run of one agent, as its checkpoints tell of it. */
export interface Session {
  readonly id: string;
  readonly agent: string;
  readonly latest: Checkpoint;
  /** How many checkpoints it has taken. */
  readonly steps: number;
  /** It took a checkpoint within the last half hour, so it may still be writing. */
  readonly live: boolean;
}

/** One worktree of the repository, with what Belay knows of it. */
export interface WorktreeSummary {
  readonly key: string;
  readonly root: string;
  readonly branch: string | undefined;
  /** HEAD's commit; undefined on an unborn branch. */
  readonly base: string | undefined;
  readonly latest: Checkpoint | undefined;
  readonly locked: boolean;
  readonly missing: boolean;
}
