import * as vscode from 'vscode';
import { pathText, type GitPath } from '../../../git/path';
import type { App } from '../../rows/app';
import { gitPathOf } from '../../state/currentModel';
import type { RepositoryModel } from '../../state/repositoryModel';
import { inertLine } from '../../platform/text/inert';
import { FileNode } from '../../rows/fileNodes';
import type { CommandArguments } from '../../rows/commandIds';
import { pickVersion } from './pickVersion';
import { targetOf } from '../../rows/pick';
import { previewAndRestore } from './restoreFlow';
import { restoreInto } from './restoreInto';

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
  const file = on instanceof vscode.Uri ? on : vscode.window.activeTextEditor?.document.uri;
  await app.repositories.ready();
  const model = file && app.repositories.ofFile(file);
  const gitPath = file && model && (await gitPathOf(model, file));
  if (model === undefined || gitPath === undefined) {
    await restoreSomeFile(app);
    return;
  }
  await restoreVersion(app, model, gitPath);
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

async function restoreVersion(app: App, model: RepositoryModel, gitPath: GitPath): Promise<void> {
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
