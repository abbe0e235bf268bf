import * as vscode from 'vscode';
import { branchFromBackup, readBackup } from '../../backups/backups';
import type { Backup } from '../../backups/backup';
import { changesBetween, changesOfCommit } from '../../checkpoint/changes';
import { openGuard } from '../../leases/guard';
import type { Dialogs } from '../platform/dialogs';
import type { Parts } from './app';
import { openChanges } from './openDiff';
import type { RepositoryModel } from '../state/repositoryModel';
import { branchName, shortOid } from '../platform/text/words';

/** Opens what differs between two commits. */
export async function compare(
  dialogs: Dialogs,
  model: RepositoryModel,
  from: string,
  to: string,
): Promise<void> {
  const changes = await changesBetween(model.worktree, from, to);
  const title = vscode.l10n.t('{0} and {1}', from === 'HEAD' ? from : shortOid(from), shortOid(to));
  await openChanges(dialogs, model, title, changes);
}

/** Makes a branch at a backup, so that its commits are an ordinary part of the repository again. */
export async function branchOf(app: Parts, model: RepositoryModel, backup: Backup): Promise<void> {
  const name = await app.dialogs.text({
    title: vscode.l10n.t('Branch from backup {0}', shortOid(backup.tip)),
    prompt: vscode.l10n.t('Name of the new branch. You stay on your current branch.'),
    value: `belay/${shortOid(backup.tip)}`,
    remark: (value) => (value.trim() === '' ? vscode.l10n.t('Type a name.') : undefined),
  });
  if (name === undefined) {
    return;
  }
  const branch = await branchFromBackup(
    model.worktree,
    await openGuard(model.worktree, {}),
    backup,
    name.trim(),
  );
  await app.repositories.reload();
  // What only the backup held is held by the branch as well now.
  app.repositories.redraw();
  const copy = vscode.l10n.t('Copy Name');
  const words = vscode.l10n.t(
    'Branch {0} now holds the commits of the backup. HEAD and your files are unchanged.',
    branchName(branch),
  );
  if ((await app.dialogs.tell(words, copy)) === copy) {
    await vscode.env.clipboard.writeText(branch.replace(/^refs\/heads\//, ''));
  }
}

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
