import { BelayError } from '../errors';
import type { NotDone } from '../network/networkOutcome';
import type { MovedAway } from '../ledger';

/** How a sync ended. Every case is an end of its own; failures are errors. */
export type SyncCase =
  | 'up_to_date'
  | 'fast_forwarded'
  | 'local_ahead'
  | 'diverged_rebased'
  | 'diverged_recovered_by_reset'
  | 'diverged_held'
  | 'not_fetched'
  | 'no_upstream'
  | 'upstream_gone'
  | 'in_progress'
  | 'detached';

export interface DroppedCommit {
  readonly oid: string;
  readonly subject: string;
}

/** A commit that came from the upstream, that the upstream removed, and that the branch does not have any more either. */
export interface LeftOut {
  readonly commit: string;
  readonly subject: string;
  /** The reference that holds it. */
  readonly backup: string;
}

/** What a sync did to one worktree, or why it did nothing. */
export interface SyncOutcome {
  readonly worktree: string;
  readonly case: SyncCase;
  /** Whether the branch and the files were reset to the upstream. */
  readonly hardReset: boolean;
  /** Where the branch was; undefined where that was not found out. */
  readonly from: string | undefined;
  /** Where it is now, or, while a decision waits, where it would go. */
  readonly to: string | undefined;
  readonly backup: string | undefined;
  readonly dropped: readonly DroppedCommit[];
  readonly leftOut: readonly LeftOut[];
  /** The checkpoint that holds the worktree's state before. */
  readonly checkpoint: string | undefined;
  /** The decision that waits for a person. */
  readonly decision: string | undefined;
  /** Why nothing was fetched, where that is the case. */
  readonly reason?: NotDone | undefined;
  /** Where contents are that were moved aside and that the checkpoint from before does not hold. */
  readonly moved?: readonly MovedAway[];
  /** In one sentence, what there is to say beyond the case. */
  readonly message: string | undefined;
}

/** Whether nothing is left to be done by a person: the rest is refused or waits for a decision. */
export function isSettled(outcome: SyncOutcome): boolean {
  switch (outcome.case) {
    case 'up_to_date':
    case 'fast_forwarded':
    case 'local_ahead':
    case 'diverged_rebased':
      return true;
    case 'diverged_recovered_by_reset':
    case 'diverged_held':
    case 'not_fetched':
    case 'no_upstream':
    case 'upstream_gone':
    case 'in_progress':
    case 'detached':
      return false;
  }
}

/** Rebase and reset both failed. What was about to be dropped is pinned; the decision offers only to abort. */
export class ResetFailed extends BelayError {
  constructor(
    message: string,
    readonly backup: string,
    readonly dropped: readonly DroppedCommit[],
    readonly decision: string,
    options?: { readonly cause?: unknown },
  ) {
    super('reset_failed', message, options);
  }
}
