import type { ChainTips } from '../checkpoint/chain';
import { isOfEarlierWorktree } from '../checkpoint/captureState';
import { treeOf } from '../checkpoint/trees';
import { readHead } from '../git/head';
import { worktreeBirth, type Worktree } from '../git/worktree';

/**
 * The tree that a worktree's files were last known to have: its last checkpoint's, and before its first one HEAD's. What differs
 * from that was changed by nobody that Belay knows of. A checkpoint of an earlier worktree with the same key says nothing here.
 */
export async function lastKnownTree(worktree: Worktree, { tip }: Pick<ChainTips, 'tip'>): Promise<string> {
  const born = await worktreeBirth(worktree.repository.commonDir, worktree.key);
  if (tip !== undefined && !isOfEarlierWorktree(tip.last, born)) {
    return tip.tree;
  }
  const { oid } = await readHead(worktree);
  return oid === undefined ? worktree.plumbing.writeTree([]) : treeOf(worktree.plumbing, oid);
}
