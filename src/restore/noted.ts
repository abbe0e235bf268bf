import { onDisk } from '../checkpoint/hash';
import { noteChange } from '../ledger';
import { pathFromBytes, pathText, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';

/** Notes a file that was put in place, or taken away, in the operation's ledger; what is put back counts as unchanged. */
export function noteApplied(
  worktree: Worktree,
  { from, to }: { readonly from: string; readonly to: string },
  path: GitPath,
): void {
  noteChange('file', pathText(pathFromBytes(onDisk(worktree, path))), { from, to });
}
