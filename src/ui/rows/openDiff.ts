import { access } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { Checkpoint, FileChange } from '../../checkpoint/checkpoint';
import { entriesAt } from '../../checkpoint/trees';
import { pathText } from '../../git/path';
import { whenMissing } from '../../git/diskErrors';
import type { Worktree } from '../../git/worktree';
import type { PlannedPath, RestoreTarget } from '../../restore/restoreRequest';
import type { RepositoryModel } from '../state/repositoryModel';
import type { Dialogs } from '../platform/dialogs';
import { shown } from '../platform/shown';
import { inertLine } from '../platform/text/inert';
import { checkpointTitle, shortOid } from '../platform/text/words';
import { changeSides, fileUri, objectUri } from '../platform/objectUri';
import { plural } from '../platform/text/counts';

/** More files than this are not opened at once: the editor would be busy for minutes. */
const manyFiles = 1_000;

/** Opens what a checkpoint did to one file, in VS Code's own diff editor. */
export async function openFileDiff(
  model: RepositoryModel,
  checkpoint: Checkpoint,
  change: FileChange,
): Promise<void> {
  await openSides(model, change, (name) =>
    vscode.l10n.t('{0} (checkpoint {1})', name, shortOid(checkpoint.oid)),
  );
}

/** Opens both sides of a change, under what is said of the file's name. */
export async function openSides(
  { root }: RepositoryModel,
  change: FileChange,
  title: (name: string) => string,
): Promise<void> {
  const [older, newer] = changeSides(root, change);
  const name = inertLine(pathText(change.path.slice(change.path.lastIndexOf('/') + 1)), 60);
  await vscode.commands.executeCommand('vscode.diff', older, newer, shown(title(name)), { preview: true });
}

/** Opens everything that a checkpoint changed against the one before it, in one multi-file diff. */
export async function openCheckpointDiff(
  dialogs: Dialogs,
  model: RepositoryModel,
  checkpoint: Checkpoint,
): Promise<void> {
  const changes = await model.changesOf(checkpoint);
  if (changes.length === 0) {
    void dialogs.tell(vscode.l10n.t('Checkpoint {0} changed no file.', shortOid(checkpoint.oid)));
    return;
  }
  await openChanges(dialogs, model, `${checkpointTitle(checkpoint)} (${shortOid(checkpoint.oid)})`, changes);
}

/** Opens changes in one multi-file diff. */
export async function openChanges(
  dialogs: Dialogs,
  model: RepositoryModel,
  title: string,
  changes: readonly FileChange[],
): Promise<void> {
  if (changes.length === 0) {
    void dialogs.tell(vscode.l10n.t('No file differs.'));
    return;
  }
  const listed = changes.slice(0, manyFiles);
  const resources = listed.map((change) => {
    const [older, newer] = changeSides(model.root, change);
    const label = fileUri(model.root, change.path);
    return [
      label,
      change.oldOid === undefined ? undefined : older,
      change.newOid === undefined ? undefined : newer,
    ];
  });
  await vscode.commands.executeCommand('vscode.changes', shown(title), resources);
  if (listed.length < changes.length) {
    void dialogs.tell(
      vscode.l10n.t('Showing the first {0} of {1}.', listed.length, plural(changes.length, 'file')),
    );
  }
}

/** Opens the current file beside what a restore would make of it. */
export async function openComparison(
  worktree: Worktree,
  target: RestoreTarget,
  planned: PlannedPath,
): Promise<void> {
  const { root, plumbing } = worktree;
  const entry = (await entriesAt(plumbing, target.tree, [planned.path])).get(planned.path);
  const then = objectUri(planned.path, { root, oid: entry?.oid, mode: entry?.mode, kind: undefined });
  const nothing = objectUri(planned.path, { root, oid: undefined, mode: undefined, kind: undefined });
  const file = fileUri(root, planned.path);
  const now = await access(file.fsPath).then(() => file, whenMissing(nothing));
  const title = vscode.l10n.t('{0}: now and as restored', inertLine(pathText(planned.path), 80));
  await vscode.commands.executeCommand('vscode.diff', now, then, shown(title), {
    preview: true,
    preserveFocus: true,
  });
}
