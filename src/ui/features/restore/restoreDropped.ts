import { treeOf } from '../../../checkpoint/trees';
import { waits } from '../../../decisions/read';
import type { App } from '../../rows/app';
import { previewAndRestore } from './restoreFlow';
import type { DroppedFileNode } from '../../rows/backupNodes';

/**
 * Brings chosen files of a dropped commit back into the worktree, under the rules of every restore: a preview first, a
 * checkpoint before anything is written, and an undo.
 * @throws BelayError `decision_pending`, as every restore while something waits.
 */
export async function restoreDroppedFile(
  app: App,
  on: DroppedFileNode | undefined,
  selected: readonly DroppedFileNode[],
): Promise<void> {
  if (on === undefined) {
    return;
  }
  const { model } = on;
  const { oid } = on.parent.commit;
  const waiting = model.pending.find(({ worktree }) => worktree === model.worktree.key);
  if (waiting !== undefined) {
    throw waits(waiting);
  }
  const together = selected.filter((row) => row.parent.commit.oid === oid);
  const paths = new Set([on, ...together].map(({ change }) => change.path));
  const target = { oid, tree: await treeOf(model.worktree.plumbing, oid) };
  await previewAndRestore(app, model.worktree, target, [...paths]);
}
