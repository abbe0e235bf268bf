import * as vscode from 'vscode';
import { readBackup } from '../../backups/backups';
import { changesBetween, changesOfCommit } from '../../checkpoint/changes';
import type { Dialogs } from '../platform/dialogs';
import type { Parts } from './parts';
import { branchOf, compare } from './backupActions';
import { openChanges } from './openDiff';
import type { RepositoryModel } from '../state/repositoryModel';
import { shortOid } from '../platform/text/words';

/** What one dropped commit changed. */
export async function openCommit(dialogs: Dialogs, model: RepositoryModel, oid: string): Promise<void> {
  const changes = await changesOfCommit(model.worktree, oid);
  await openChanges(dialogs, model, vscode.l10n.t('Commit {0}', shortOid(oid)), changes);
}

/** What was not committed: the checkpoint against the commit that the branch was at. */
export async function openSaved(
  dialogs: Dialogs,
  model: RepositoryModel,
  from: string,
  checkpoint: string,
): Promise<void> {
  const changes = await changesBetween(model.worktree, from, checkpoint);
  await openChanges(dialogs, model, vscode.l10n.t('Uncommitted work in {0}', shortOid(checkpoint)), changes);
}

/** Does with a backup of the decision what its button says. */
export async function onBackup(
  app: Parts,
  model: RepositoryModel,
  ref: string,
  action: 'copy' | 'branch' | 'diff',
  to: string | undefined,
): Promise<void> {
  if (action === 'copy') {
    await vscode.env.clipboard.writeText(ref);
    app.dialogs.brief(vscode.l10n.t('Copied the name of the backup'), 4_000);
    return;
  }
  const backup = await readBackup(model.worktree, ref);
  if (action === 'branch') {
    await branchOf(app, model, backup);
  } else {
    await compare(app.dialogs, model, to ?? 'HEAD', backup.tip);
  }
}
