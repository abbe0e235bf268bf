import * as vscode from 'vscode';
import type { App } from '../../rows/app';
import type { OnCheckpoint } from '../../rows/command';
import { openCheckpointDiff } from '../../rows/openDiff';
import { withCancel, withPatience } from '../../platform/progress';
import { branchName, sentences, shortOid } from '../../platform/text/words';
import { findCheckpoint } from '../../rows/findRows';
import type { MoreNode } from '../../rows/sessionNodes';
import { pickCheckpoint, targetOf, pickModel } from '../../rows/pick';
import type { Target, TreeNode } from '../../rows/treeNode';
import { createBranch } from '../../../restore/branch';
import type { CheckpointResult } from '../../../checkpoint/checkpoint';
import type { RepositoryModel } from '../../state/repositoryModel';
import { inertLine } from '../../platform/text/inert';
import { plural } from '../../platform/text/counts';

/** Lets the person choose a checkpoint and shows it in the sidebar. */
export async function showCheckpoint(app: App): Promise<void> {
  const target = await pickCheckpoint(app, vscode.l10n.t('Show which checkpoint?'));
  if (target !== undefined) {
    await reveal(app, target);
  }
}

/** Shows a checkpoint, given by a row or an id, in the sidebar. */
export async function revealCheckpoint(app: App, on: OnCheckpoint | undefined): Promise<void> {
  const target = await targetOf(app, on, vscode.l10n.t('Reveal which checkpoint?'));
  if (target !== undefined) {
    await reveal(app, target);
  }
}

async function reveal(app: App, { model, checkpoint }: Target): Promise<void> {
  const node = await withCancel(vscode.l10n.t('Looking for the checkpoint'), () =>
    findCheckpoint(app.repositories, model, checkpoint),
  );
  if (node === undefined) {
    await openCheckpointDiff(app.dialogs, model, checkpoint);
    return;
  }
  app.repositories.redraw();
  await app.views.reveal(node);
}

/** Opens the diff that a row has of its own, or that of everything that a checkpoint changed. */
export async function openDiff(app: App, on: TreeNode | string | undefined): Promise<void> {
  if (typeof on === 'object' && on.diff !== undefined) {
    await on.diff(app.dialogs);
    return;
  }
  const target = await targetOf(app, on, vscode.l10n.t('Open the diff of which checkpoint?'));
  if (target !== undefined) {
    await withCancel(vscode.l10n.t('Opening the diff'), () =>
      openCheckpointDiff(app.dialogs, target.model, target.checkpoint),
    );
  }
}

/** Puts a checkpoint's whole object id on the clipboard. */
export async function copyId(app: App, on: OnCheckpoint | undefined): Promise<void> {
  const target = await targetOf(app, on, vscode.l10n.t('Copy the id of which checkpoint?'));
  if (target !== undefined) {
    const { oid } = target.checkpoint;
    await vscode.env.clipboard.writeText(oid);
    app.dialogs.brief(vscode.l10n.t('Copied the id of checkpoint {0}', shortOid(oid)), 4_000);
  }
}

/** Brings the next page of a session's checkpoints. */
export function loadMore(app: App, on: MoreNode | undefined): void {
  if (on !== undefined) {
    const { model, session } = on.parent;
    model.wantMoreOf(session.id);
    app.repositories.redraw();
  }
}

/** Puts a new branch on a checkpoint's state, without switching to it. */
export async function createBranchFrom(app: App, on: OnCheckpoint | undefined): Promise<void> {
  const target = await targetOf(app, on, vscode.l10n.t('Create a branch from which checkpoint?'));
  if (target === undefined) {
    return;
  }
  const { model, checkpoint } = target;
  const name = await app.dialogs.text({
    title: vscode.l10n.t('Branch from checkpoint {0}', shortOid(checkpoint.oid)),
    prompt: vscode.l10n.t('Name of the new branch. You stay on your current branch.'),
    value: `belay/${shortOid(checkpoint.oid)}`,
    remark: (value) => (value.trim() === '' ? vscode.l10n.t('Type a name.') : undefined),
  });
  if (name === undefined) {
    return;
  }
  const made = await withPatience(vscode.l10n.t('Creating the branch'), () =>
    app.own.write(model.worktree, ({ leases }) =>
      createBranch(model.worktree, checkpoint, name.trim(), leases),
    ),
  );
  const copy = vscode.l10n.t('Copy Name');
  const words = vscode.l10n.t(
    'Branch {0} now holds checkpoint {1}. HEAD and your files are unchanged.',
    branchName(made.branch),
    shortOid(checkpoint.oid),
  );
  if ((await app.dialogs.tell(words, copy)) === copy) {
    await vscode.env.clipboard.writeText(made.branch.replace(/^refs\/heads\//, ''));
  }
}

/** Takes a checkpoint of everything in a worktree, in the name of the person in this window. */
export async function checkpointNow(app: App): Promise<void> {
  const model = await pickModel(app, vscode.l10n.t('Checkpoint which worktree?'));
  if (model === undefined) {
    return;
  }
  const result = await withCancel(vscode.l10n.t('Taking a checkpoint'), (signal) =>
    model.take(undefined, signal),
  );
  for (const warning of result.warnings) {
    app.log.warn(warning);
  }
  await app.repositories.reload();
  tell(app, model, result);
}

function tell(app: App, model: RepositoryModel, result: CheckpointResult): void {
  const id = shortOid(result.checkpoint.oid);
  const taken = result.created
    ? vscode.l10n.t('Checkpoint {0} taken.', id)
    : vscode.l10n.t('Nothing changed since checkpoint {0}.', id);
  const lacking = result.uncovered.length === 0 ? '' : `${plural(result.uncovered.length, 'uncovered')}.`;
  const warnings = result.warnings.map((warning) => inertLine(warning, 200));
  const words = sentences(taken, lacking, ...warnings, unsaved(app, model));
  const openDiff = vscode.l10n.t('Open Diff');
  const shown =
    result.warnings.length > 0 ? app.dialogs.warn(words, openDiff) : app.dialogs.tell(words, openDiff);
  void shown.then((choice) =>
    choice === openDiff ? openCheckpointDiff(app.dialogs, model, result.checkpoint) : undefined,
  );
}

/** A checkpoint holds what is on the disk; what an editor has not saved is not there. */
function unsaved(app: App, model: RepositoryModel): string {
  const files = vscode.workspace.textDocuments.filter(
    ({ isDirty, uri }) => isDirty && app.repositories.ofFile(uri) === model,
  );
  if (files.length === 0) {
    return '';
  }
  return files.length === 1
    ? vscode.l10n.t('One open file has unsaved changes, which are not in it.')
    : vscode.l10n.t('{0} open files have unsaved changes, which are not in it.', files.length);
}
