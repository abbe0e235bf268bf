import * as vscode from 'vscode';
import { treeOf } from '../../../checkpoint/trees';
import { waits } from '../../../decisions/read';
import { pathText } from '../../../git/path';
import { inertLine } from '../../platform/text/inert';
import type { App } from '../../rows/app';
import type { CommandArguments } from '../../rows/commandIds';
import { FileNode } from '../../rows/fileNodes';
import { fileOf, targetOf, type FileInWorktree } from '../../rows/pick';
import { TreeNode, type DroppedFile } from '../../rows/treeNode';
import { pickVersion } from './pickVersion';
import { previewAndRestore } from './restoreFlow';
import { restoreInto } from './restoreInto';

/** Restores a whole checkpoint, after a preview. */
export async function restoreCheckpoint(app: App, args: CommandArguments): Promise<void> {
  const target = await targetOf(app, args, vscode.l10n.t('Restore which checkpoint?'));
  const worktree = target && (await restoreInto(app, target));
  if (target !== undefined && worktree !== undefined) {
    await previewAndRestore(app, worktree, target.checkpoint, undefined);
  }
}

/**
 * Restores chosen files. Called on rows of the Sessions view: those files, from their checkpoint. Called on a file of
 * the worktree (in the explorer, or the active editor): the person chooses among the checkpoints that changed it.
 */
export async function restoreFile(app: App, args: CommandArguments): Promise<void> {
  const [on, selected] = args;
  if (on instanceof FileNode) {
    await restoreRows(app, on, selected);
    return;
  }
  const file = await fileOf(app, args);
  await (file === undefined ? restoreSomeFile(app) : restoreVersion(app, file));
}

/** The rows that are selected together with the one the command was called on, as far as they are of its checkpoint. */
async function restoreRows(app: App, on: FileNode, selected: unknown): Promise<void> {
  const rows = Array.isArray(selected) ? selected.filter((row: unknown) => row instanceof FileNode) : [];
  const together = rows.filter((row) => row.checkpoint.oid === on.checkpoint.oid);
  const paths = new Set([on, ...together].map(({ change }) => change.path));
  const worktree = await restoreInto(app, on);
  if (worktree !== undefined) {
    await previewAndRestore(app, worktree, on.checkpoint, [...paths]);
  }
}

async function restoreVersion(app: App, { model, gitPath }: FileInWorktree): Promise<void> {
  const checkpoint = await pickVersion(app, model, gitPath);
  if (checkpoint !== undefined) {
    await previewAndRestore(app, model.worktree, checkpoint, [gitPath]);
  }
}

/** Without a file to start from: a checkpoint first, then files of it, all unticked but those the person ticks. */
async function restoreSomeFile(app: App): Promise<void> {
  const target = await targetOf(app, [], vscode.l10n.t('Restore files from which checkpoint?'));
  const worktree = target && (await restoreInto(app, target));
  if (target === undefined || worktree === undefined) {
    return;
  }
  const changes = await target.model.changesOf(target.checkpoint);
  const paths = await app.dialogs.several({
    placeHolder: vscode.l10n.t('Restore which files that this checkpoint changed?'),
    lines: changes.map(({ path }) => ({ label: `$(file) ${inertLine(pathText(path), 200)}`, value: path })),
  });
  if (paths !== undefined && paths.length > 0) {
    await previewAndRestore(app, worktree, target.checkpoint, paths);
  }
}

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
