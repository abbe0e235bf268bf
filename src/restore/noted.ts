import { onDisk } from '../checkpoint/hash';
import { noteChange } from '../ledger';
import { pathFromBytes, pathText } from '../git/path';
import type { Worktree } from '../git/worktree';
import type { Applied, Order } from './apply';

/** Notes the files that were put in place, or taken away, in the operation's ledger; what is put back is as it was. */
export function noteApplied(
  worktree: Worktree,
  { from, to }: Order,
  { written, deleted }: Pick<Applied, 'written' | 'deleted'>,
): void {
  for (const path of [...written, ...deleted]) {
    noteChange('file', pathText(pathFromBytes(onDisk(worktree, path))), { from, to });
  }
}
