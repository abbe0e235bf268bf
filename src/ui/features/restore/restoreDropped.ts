import { treeOf } from '../../../checkpoint/trees';
import { waits } from '../../../decisions/read';
import type { App } from '../../rows/app';
import type { CommandArguments } from '../../rows/commandIds';
import { previewAndRestore } from './restoreFlow';
import { TreeNode, type DroppedFile } from '../../rows/treeNode';

/**
 * Brings chosen files of a dropped commit back into the worktree, under the rules of every restore: a preview first, a
 * checkpoint before anything is written, and an undo.
 * @throws BelayError `decision_pending`, as every restore while something waits.
 */
export async function restoreDroppedFile(app: App, [on, selected]: CommandArguments): Promise<void> {
  const file = droppedFile(on);
  if (file === undefined) {
    return;
  }
  const { model, commit } = file;
  const waiting = model.pending.find(({ worktree }) => worktree === model.worktree.key);
  if (waiting !== undefined) {
    throw waits(waiting);
  }
  const together = (Array.isArray(selected) ? selected : [])
    .map(droppedFile)
    .filter((other) => other?.commit === commit);
  const paths = new Set([file, ...together].flatMap((one) => (one === undefined ? [] : [one.path])));
  const target = { oid: commit, tree: await treeOf(model.worktree.plumbing, commit) };
  await previewAndRestore(app, model.worktree, target, [...paths]);
}

function droppedFile(row: unknown): DroppedFile | undefined {
  return row instanceof TreeNode ? row.droppedFile?.() : undefined;
}
