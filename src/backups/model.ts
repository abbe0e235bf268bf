/**
 * Why commits were pinned: Belay was about to drop them itself (in a sync, to bring a worktree to a pin, or because it removed
 * the worktree), somebody else had dropped them, or an agent is about to run a command that may.
 */
export type BackupKind = 'sync-recovery' | 'fan-out' | 'removed' | 'external' | 'before-command';

/** A pin on commits that something was about to drop. */
export interface Backup {
  readonly ref: string;
  readonly kind: string;
  /** What they were dropped from: the key of a worktree. */
  readonly subject: string;
  /** When it was made, in milliseconds since the epoch. */
  readonly time: number;
  /** The newest commit that it holds. */
  readonly tip: string;
}

/** One commit that a backup holds. */
export interface BackedUpCommit {
  readonly oid: string;
  readonly subject: string;
  readonly author: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** What would be lost with a backup. */
export interface BackupContents {
  /** The commits that no branch, tag or remote branch holds, newest first. */
  readonly onlyHere: readonly BackedUpCommit[];
  /** How much the objects that only this backup holds take up, in bytes. */
  readonly size: number;
}
