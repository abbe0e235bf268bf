import * as vscode from 'vscode';
import type { Checkpoint, FileChange } from '../../checkpoint/model';
import { pathText } from '../../git/path';
import type { RepositoryModel } from '../repository/model';
import { inertLine } from '../text/inert';
import { checkpointTitle, fileCount, shortOid } from '../text/words';
import { changeSides, fileUri } from './objectUri';

/** More files than this are not opened at once: the editor would be busy for minutes. */
const manyFiles = 1_000;

/** Opens what a checkpoint did to one file, in VS Code's own diff editor. */
export async function openFileDiff(
  model: RepositoryModel,
  checkpoint: Checkpoint,
  change: FileChange,
): Promise<void> {
  const [older, newer] = changeSides(model.root, change);
  const name = inertLine(pathText(change.path.slice(change.path.lastIndexOf('/') + 1)), 60);
  const title = vscode.l10n.t('{0} (checkpoint {1})', name, shortOid(checkpoint.oid));
  await vscode.commands.executeCommand('vscode.diff', older, newer, title, { preview: true });
}

/** Opens everything that a checkpoint changed against the one before it, in one multi-file diff. */
export async function openCheckpointDiff(model: RepositoryModel, checkpoint: Checkpoint): Promise<void> {
  const changes = await model.changesOf(checkpoint);
  if (changes.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Checkpoint {0} changed no file.', shortOid(checkpoint.oid)),
    );
    return;
  }
  const shown = changes.slice(0, manyFiles);
  const resources = shown.map((change) => {
    const [older, newer] = changeSides(model.root, change);
    const label = fileUri(model.root, change.path);
    return [
      label,
      change.oldOid === undefined ? undefined : older,
      change.newOid === undefined ? undefined : newer,
    ];
  });
  const title = `${checkpointTitle(checkpoint)} (${shortOid(checkpoint.oid)})`;
  await vscode.commands.executeCommand('vscode.changes', title, resources);
  if (shown.length < changes.length) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Showing the first {0} of {1}.', shown.length, fileCount(changes.length)),
    );
  }
}
