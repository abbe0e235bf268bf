import type { FallRecord, FallenThing } from './fallRecord';

/**
 * Why commits were pinned: Belay was about to drop them itself (in a sync, to bring a worktree to a pin, or because it removed
 * the worktree), something outside Belay had dropped them, the call of a connected agent had (`agent`), or an agent was about to run a push
 * that might take them from a remote (`before-command`; of earlier versions, any command).
 */
export type BackupKind = 'sync-recovery' | 'fan-out' | 'removed' | 'external' | 'agent' | 'before-command';

/** One thing that a backup reference holds, which something was about to drop, or has dropped. */
export interface Backup {
  /** The reference. Several things that were lost at once share it. */
  readonly ref: string;
  /** What the reference is at. */
  readonly at: string;
  /** Which of the reference's things it is, counted from 1. */
  readonly number: number;
  readonly kind: string;
  /** What they were dropped from: the key of a worktree. */
  readonly subject: string;
  /** When it was made, in milliseconds since the epoch. */
  readonly time: number;
  /** The newest commit of the thing. */
  readonly tip: string;
  /** What was lost; undefined where the reference is at the commits themselves. */
  readonly fell: FallenThing | undefined;
  /** The record that it stands in, with whose call it was. */
  readonly record: FallRecord | undefined;
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
