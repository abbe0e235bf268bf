export type FindingKind =
  | 'git_version'
  | 'lock_left_behind'
  | 'dead_ref_lock'
  | 'overflow_waiting'
  | 'ref_unreadable'
  | 'worktree_half_filled'
  | 'disk_use'
  | 'file_aside'
  | 'hook_gap'
  | 'connection'
  | 'slow_scan'
  | 'own_folder'
  | 'not_looked_at'
  | 'uncovered';

/** What mends all that needs no decision of a person. */
export const mendCommand = 'belay doctor --mend';

/** One thing the doctor looked at. */
export interface Finding {
  readonly kind: FindingKind;
  readonly level: 'ok' | 'note' | 'problem';
  /** One sentence for the person. */
  readonly message: string;
  /** The command that mends it, where there is something to mend. */
  readonly mend: string | undefined;
}
