import * as vscode from 'vscode';
import type { CheckpointResult } from '../../../checkpoint/checkpoint';
import { openCheckpointDiff } from '../../rows/openDiff';
import type { App } from '../../rows/app';
import { withCancel } from '../../platform/progress';
import type { RepositoryModel } from '../../state/repositoryModel';
import { inertLine } from '../../platform/text/inert';
import { shortOid } from '../../platform/text/words';
import { pickModel } from '../../rows/pick';
import { plural } from '../../platform/text/counts';

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
  const words = [taken, lacking, ...warnings, unsaved(app, model)]
    .filter((sentence) => sentence !== '')
    .join(' ');
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
