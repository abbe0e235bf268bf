import * as vscode from 'vscode';
import type { App } from '../../rows/app';
import type { OnCheckpoint } from '../../rows/command';
import { openCheckpointDiff } from '../../rows/openDiff';
import { withCancel } from '../../platform/progress';
import { shortOid } from '../../platform/text/words';
import { findCheckpoint } from '../../rows/findRows';
import type { MoreNode } from '../../rows/sessionNodes';
import { pickCheckpoint, targetOf } from '../../rows/pick';
import type { Target, TreeNode } from '../../rows/treeNode';

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
