import type { ProcessIdentity } from '../refs/identity';

/** What a lease is for: a session's writing, or changes to a worktree. */
export type Resource =
  { readonly kind: 'session'; readonly name: string } | { readonly kind: 'worktree'; readonly name: string };

/** `released`: anyone may claim it. `ended`: its session is over; nobody writes for it until it is claimed again. */
export type LeaseStatus = 'held' | 'released' | 'ended';

/** Who may write for a session, or change a worktree, right now. */
export interface Lease {
  readonly resource: Resource;
  /** The id of the lease's record, so the value that its reference must have: git itself verifies it. */
  readonly token: string;
  readonly status: LeaseStatus;
  /** Who claimed it last. Untrusted text. */
  readonly owner: string;
  /** The kind of program that the owner is, where it said so. */
  readonly agent: string | undefined;
  /** When it was claimed, in milliseconds since the epoch, by the owner's clock: shown, never compared. */
  readonly acquired: number;
  /** When this version of the record was written, the same way. */
  readonly changed: number;
  /** The process that ends with the owner, where it said so. */
  readonly holder: ProcessIdentity | undefined;
  /** The worktree that a session was started in. */
  readonly worktree: string | undefined;
  /** The owner that it was taken from while they held it. */
  readonly takenFrom: string | undefined;
  /** Who released or ended it. */
  readonly endedBy: string | undefined;
  /** The session's latest checkpoint when its lease was given up: another one since tells that it went on without. */
  readonly head: string | undefined;
}
