import { quoted } from '../git/quoted';
import type { Worktree } from '../git/worktree';

export type FindingKind =
  | 'git_version'
  | 'lock_left_behind'
  | 'dead_ref_lock'
  | 'overflow_waiting'
  | 'ref_unreadable'
  | 'ref_foreign'
  | 'checkpoints_lost'
  | 'question_vanished'
  | 'question_unreadable'
  | 'worktree_half_filled'
  | 'disk_use'
  | 'file_aside'
  | 'hook_gap'
  | 'connection'
  | 'slow_scan'
  | 'own_folder'
  | 'not_looked_at'
  | 'store'
  | 'objects_damaged'
  | 'working'
  | 'mirror_remote'
  | 'refs_on_offer'
  | 'uncovered';

/** A git command that does the same wherever it is run. */
export function gitCommand({ root }: Pick<Worktree, 'root'>, ...args: readonly string[]): string {
  return ['git', '-C', root, ...args].map(quoted).join(' ');
}

/** Fixes all that needs no decision of a person. */
export const fixCommand = 'belay doctor --fix';

/** What a person has to agree to: it changes the repository's configuration. */
export const hideCommand = 'belay doctor --hide-refs';

/** One thing the doctor looked at. */
export interface Finding {
  readonly kind: FindingKind;
  readonly level: 'ok' | 'note' | 'problem';
  /** One sentence for the person. */
  readonly message: string;
  /** The command that fixes it, where there is something to fix. */
  readonly fix: string | undefined;
}
