import * as vscode from 'vscode';
import type { App } from '../../rows/app';
import { DroppedCommitNode, DroppedFileNode } from '../../rows/backupNodes';
import { openChange, openCheckpointDiff, openFileDiff } from '../../rows/openDiff';
import { withCancel } from '../../platform/progress';
import { showBriefly } from '../../platform/shown';
import { openStagedDiff } from '../../rows/stagedDiff';
import { StagedFileNode } from '../../rows/stagedNodes';
import { openCommit } from '../../rows/openCommit';
import { shortOid } from '../../platform/text/words';
import { FileNode, type MoreNode, SessionNode } from '../../rows/nodes';
import { findCheckpoint } from '../../rows/sessionRows';
import type { OnCheckpoint } from '../../rows/command';
import { pickCheckpoint, targetOf, type Target } from '../../rows/pick';

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
    await openCheckpointDiff(model, checkpoint);
    return;
  }
  app.repositories.redraw();
  await app.views.reveal(node);
}

/** Opens the diff of a file's row, or of everything that a checkpoint changed. */
export async function openDiff(
  app: App,
  on: StagedFileNode | DroppedFileNode | DroppedCommitNode | OnCheckpoint | undefined,
): Promise<void> {
  if (on instanceof FileNode) {
    await openFileDiff(on.model, on.checkpoint, on.change);
    return;
  }
  if (on instanceof StagedFileNode) {
    await openStagedDiff(on);
    return;
  }
  if (on instanceof DroppedFileNode) {
    await openChange(on.model, on.parent.commit.oid, on.change);
    return;
  }
  if (on instanceof DroppedCommitNode) {
    await openCommit(on.model, on.commit.oid);
    return;
  }
  const target = await targetOf(app, on, vscode.l10n.t('Open the diff of which checkpoint?'));
  if (target !== undefined) {
    await withCancel(vscode.l10n.t('Opening the diff'), () =>
      openCheckpointDiff(target.model, target.checkpoint),
    );
  }
}

/** Puts a checkpoint's whole object id on the clipboard. */
export async function copyId(app: App, on: OnCheckpoint | undefined): Promise<void> {
  const target = await targetOf(app, on, vscode.l10n.t('Copy the id of which checkpoint?'));
  if (target !== undefined) {
    const { oid } = target.checkpoint;
    await vscode.env.clipboard.writeText(oid);
    showBriefly(vscode.l10n.t('Copied the id of checkpoint {0}', shortOid(oid)), 4_000);
  }
}

/** Brings the next page of a session's checkpoints. */
export function loadMore(app: App, on: MoreNode | undefined): void {
  if (on?.parent instanceof SessionNode) {
    on.model.wantMoreOf(on.parent.session.id);
    app.repositories.redraw();
  }
}
