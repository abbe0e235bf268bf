import type { Checkpoint } from '../checkpoint/checkpoint';
import type { Lease } from '../leases/lease';

/**
 * Liveness of a session or a lease holder. `alive`: it gave a sign of life, or its process runs. `silent`: it
 * has given none for a while, and may still be writing. `lost`: it cannot write any more, without having ended. `ended`: it
 * has ended, or given its lease up.
 */
export type LivenessState = 'alive' | 'silent' | 'lost' | 'ended';

export type LivenessReason =
  /** Its process runs on this machine. */
  | 'process_runs'
  /** It gave a sign of life a short while ago. */
  | 'sign_of_life'
  /** It has given none for a while. */
  | 'no_sign_of_life'
  /** Its process has ended without ending the session. */
  | 'process_ended'
  /** Another owner has taken the lease over. */
  | 'taken_over'
  | 'released'
  | 'ended';

export interface Liveness {
  readonly state: LivenessState;
  readonly reason: LivenessReason;
  /** Since when, in milliseconds since the epoch, if known. Shown, never compared. */
  readonly since: number | undefined;
}

/** One run of one agent, as its checkpoints and its lease tell of it. */
export interface Session {
  readonly id: string;
  readonly agent: string;
  /** Undefined before its first checkpoint. */
  readonly latest: Checkpoint | undefined;
  /** How many checkpoints it has taken. */
  readonly steps: number;
  /** The worktree that it works in, if known. */
  readonly worktree: string | undefined;
  readonly liveness: Liveness;
  /** It may still be writing. */
  readonly live: boolean;
  /** Undefined for a session that never was leased. */
  readonly lease: Lease | undefined;
  /** What fenced writers of it tried to save, newest first. */
  readonly stale: readonly Checkpoint[];
  /** Its last checkpoint or claim, in milliseconds since the epoch: for sorting and showing. */
  readonly time: number;
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
  /** Who may change its files right now, where its lease is held. */
  readonly lease: Lease | undefined;
  /** Liveness of that owner. */
  readonly liveness: Liveness | undefined;
}
