import * as vscode from 'vscode';
import { treeOf } from '../../../checkpoint/trees';
import { waits } from '../../../decisions/read';
import { pathText, type GitPath } from '../../../git/path';
import { inertLine } from '../../platform/text/inert';
import type { App } from '../../rows/app';
import { FileNode } from '../../rows/fileNodes';
import { fileOf, targetOf, checkpointLine, type FileInWorktree } from '../../rows/pick';
import type { OnCheckpoint } from '../../rows/command';
import type { OnDroppedFile } from './restoreHandlers';
import { previewAndRestore } from './restoreFlow';
import { restoreInto } from './restoreInto';
import type { Checkpoint } from '../../../checkpoint/checkpoint';
import { messageOf } from '../../../errors';
import { openFileDiff } from '../../rows/openDiff';
import type { Later } from '../../platform/dialogs';
import { showFailure } from '../../platform/failure';
import type { RepositoryModel } from '../../state/repositoryModel';
import { changeWord } from '../../platform/text/words';

/** Restores a whole checkpoint, after a preview. */
export async function restoreCheckpoint(app: App, on: OnCheckpoint | undefined): Promise<void> {
  const target = await targetOf(app, on, vscode.l10n.t('Restore which checkpoint?'));
  const worktree = target && (await restoreInto(app, target));
  if (target !== undefined && worktree !== undefined) {
    await previewAndRestore(app, worktree, target.checkpoint, undefined);
  }
}

/**
 * Restores chosen files. Called on rows of the Sessions view: those files, from their checkpoint. Called on a file of
 * the worktree (in the explorer, or the active editor): the person chooses among the checkpoints that changed it.
 */
export async function restoreFile(
  app: App,
  on: FileNode | vscode.Uri | undefined,
  selected: readonly (FileNode | vscode.Uri)[],
): Promise<void> {
  if (on instanceof FileNode) {
    await restoreRows(app, on, selected);
    return;
  }
  const file = await fileOf(app, on);
  await (file === undefined ? restoreSomeFile(app) : restoreVersion(app, file));
}

/** The rows that are selected together with the one the command was called on, as far as they are of its checkpoint. */
async function restoreRows(app: App, on: FileNode, selected: readonly unknown[]): Promise<void> {
  const rows = selected.filter((row) => row instanceof FileNode);
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
  const target = await targetOf(app, undefined, vscode.l10n.t('Restore files from which checkpoint?'));
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
export async function restoreDroppedFile(
  app: App,
  on: OnDroppedFile | undefined,
  selected: readonly OnDroppedFile[],
): Promise<void> {
  if (on === undefined) {
    return;
  }
  const file = on.droppedFile();
  const { model, commit } = file;
  const waiting = model.pending.find(({ worktree }) => worktree === model.worktree.key);
  if (waiting !== undefined) {
    throw waits(waiting);
  }
  const together = selected.map((row) => row.droppedFile()).filter((other) => other.commit === commit);
  const paths = new Set([file, ...together].map((one) => one.path));
  const target = { oid: commit, tree: await treeOf(model.worktree.plumbing, commit) };
  await previewAndRestore(app, model.worktree, target, [...paths]);
}

/** How many checkpoints back a file's versions are looked for. */
const depth = 500;

/**
 * Lets the person choose among the checkpoints that changed a file, newest first. They are listed as they are found,
 * and each can be looked at before it is chosen.
 */
function pickVersion(app: App, model: RepositoryModel, gitPath: GitPath): Promise<Checkpoint | undefined> {
  const asked = {
    title: vscode.l10n.t('Restore {0}', inertLine(pathText(gitPath), 80)),
    placeHolder: vscode.l10n.t('Looking for the checkpoints that changed this file'),
    lines: [],
  };
  return app.dialogs.one(asked, versions(app, model, gitPath));
}

async function* versions(app: App, model: RepositoryModel, gitPath: GitPath): Later<Checkpoint> {
  const checkpoints = await model.recent(depth, model.worktree.key);
  let found = 0;
  for (const checkpoint of checkpoints) {
    try {
      const change = (await model.changesOf(checkpoint)).find(({ path }) => path === gitPath);
      if (change !== undefined) {
        found += 1;
        const line = checkpointLine({ model, checkpoint }, []);
        yield {
          ...line,
          description: `${line.description ?? ''} · ${changeWord(change.kind)}`,
          button: {
            icon: 'git-compare',
            tooltip: vscode.l10n.t('Open Diff'),
            press: () => {
              openFileDiff(model, checkpoint, change).catch((thrown: unknown) => {
                showFailure(app, thrown);
              });
            },
          },
          value: checkpoint,
        };
      }
    } catch (thrown) {
      // One checkpoint that cannot be read must not hide the others.
      app.log.warn(`The files of checkpoint ${checkpoint.oid} could not be read: ${messageOf(thrown)}`);
    }
  }
  return found === 0
    ? vscode.l10n.t(
        'None of the last {0} checkpoints of this worktree changed this file.',
        checkpoints.length,
      )
    : vscode.l10n.t('Restore the file from which checkpoint?');
}
