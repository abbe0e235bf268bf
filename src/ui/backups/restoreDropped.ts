import * as vscode from 'vscode';
import { waits } from '../../decisions/read';
import { pathText } from '../../git/path';
import type { App } from '../app';
import type { CommandArguments } from '../commands/ids';
import { fileUri, objectUri } from '../diff/objectUri';
import { inertLine } from '../text/inert';
import { shortOid } from '../text/words';
import { DroppedFileNode } from './nodes';

/**
 * Brings a file of a dropped commit back: shows it, then saves it where the person says. A checkpoint is taken before, so
 * that whatever it is saved over can be had again.
 * @throws BelayError `decision_pending`, as every restore while something waits.
 */
export async function restoreDroppedFile(app: App, [on]: CommandArguments): Promise<void> {
  if (!(on instanceof DroppedFileNode)) {
    return;
  }
  const { change, model } = on;
  const { newOid: oid, newMode: mode, path } = change;
  const waiting = model.pending.find(({ worktree }) => worktree === model.worktree.key);
  if (waiting !== undefined) {
    throw waits(waiting);
  }
  if (oid === undefined || mode?.startsWith('100') !== true) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There is no ordinary file there to restore.'));
    return;
  }
  const dropped = objectUri(path, { root: model.root, oid, mode, kind: undefined });
  await vscode.commands.executeCommand('vscode.open', dropped, { preview: true });
  const commit = shortOid(on.parent.commit.oid);
  const target = await vscode.window.showSaveDialog({
    defaultUri: fileUri(model.root, path),
    title: vscode.l10n.t('Restore {0} from commit {1}', inertLine(pathText(path), 80), commit),
    saveLabel: vscode.l10n.t('Restore'),
  });
  if (target === undefined) {
    return;
  }
  const over = app.repositories.ofFile(target);
  await over?.take(vscode.l10n.t('Before restoring a file of commit {0}', commit));
  await vscode.workspace.fs.writeFile(target, await model.readBlob(oid));
  await app.repositories.reload();
  await vscode.window.showTextDocument(target, { preview: false });
}
