import { BelayError } from '../errors';
import type { NotDone } from '../network/networkOutcome';
import type { MovedAway } from '../ledger';

/** How a sync ended, and whether nothing is left to be done by a person. Every case is an end of its own; failures are errors. */
const cases = {
  up_to_date: 'settled',
  fast_forwarded: 'settled',
  local_ahead: 'settled',
  diverged_rebased: 'settled',
  diverged_recovered_by_reset: 'open',
  diverged_held: 'open',
  not_fetched: 'open',
  no_upstream: 'open',
  upstream_gone: 'open',
  in_progress: 'open',
  detached: 'open',
} as const;

export type SyncCase = keyof typeof cases;

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
  readonly to?: string | undefined;
  readonly backup?: string | undefined;
  readonly dropped: readonly DroppedCommit[];
  readonly leftOut: readonly LeftOut[];
  /** The checkpoint that holds the worktree's state before. */
  readonly checkpoint?: string | undefined;
  /** The decision that waits for a person. */
  readonly decision?: string | undefined;
  /** Why nothing was fetched, where that is the case. */
  readonly reason?: NotDone | undefined;
  /** Where contents are that were moved aside and that the checkpoint from before does not hold. */
  readonly moved?: readonly MovedAway[];
  /** In one sentence, what there is to say beyond the case. */
  readonly message?: string | undefined;
}

/** Whether nothing is left to be done by a person: the rest is refused or waits for a decision. */
export function isSettled(outcome: SyncOutcome): boolean {
  return cases[outcome.case] === 'settled';
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
