import * as vscode from 'vscode';
import { contentsOf, deleteBackup as remove } from '../../../backups/backups';
import type { Backup, BackupContents } from '../../../backups/backup';
import { waits } from '../../../decisions/read';
import { openGuard } from '../../../leases/guard';
import type { App } from '../../rows/app';
import type { Question } from '../../platform/dialogs';
import { withPatience } from '../../platform/progress';
import { inertLine } from '../../platform/text/inert';
import { exactTime, sizeWords } from '../../platform/text/time';
import { shortOid } from '../../platform/text/words';
import { branchOf, compare } from '../../rows/backupActions';
import { backupOf } from '../../rows/pick';
import type { OnBackup } from '../../rows/command';
import type { DroppedCommitNode } from './backupNodes';
import { plural } from '../../platform/text/counts';

/** How many commits the question before a deletion names. */
const namedCommits = 10;
/** How long the status bar says what was done, in milliseconds. */
const said = 4_000;

/** Opens what differs between HEAD and what a backup holds. */
export async function compareBackup(app: App, on: OnBackup | undefined): Promise<void> {
  const chosen = await backupOf(app, on, vscode.l10n.t('Compare which backup?'));
  if (chosen !== undefined) {
    await compare(app.dialogs, chosen.model, 'HEAD', chosen.backup.tip);
  }
}

/** Brings dropped commits back as a branch. */
export async function branchFrom(app: App, on: OnBackup | undefined): Promise<void> {
  const chosen = await backupOf(app, on, vscode.l10n.t('Bring back the commits of which backup?'));
  if (chosen !== undefined) {
    await branchOf(app, chosen.model, chosen.backup);
  }
}

export async function copyBackupRef(app: App, on: OnBackup | undefined): Promise<void> {
  const chosen = await backupOf(app, on, vscode.l10n.t('Copy the name of which backup?'));
  if (chosen !== undefined) {
    await vscode.env.clipboard.writeText(chosen.backup.ref);
    app.dialogs.brief(vscode.l10n.t('Copied the name of the backup'), said);
  }
}

export async function copyCommitId(app: App, on: DroppedCommitNode | undefined): Promise<void> {
  if (on !== undefined) {
    const { oid } = on.commit;
    await vscode.env.clipboard.writeText(oid);
    app.dialogs.brief(vscode.l10n.t('Copied the id of commit {0}', shortOid(oid)), said);
  }
}

/**
 * Removes a backup after a question that names what only it holds.
 * @throws BelayError `decision_pending` for the backup of what still waits for the person.
 */
export async function deleteBackup(app: App, on: OnBackup | undefined): Promise<void> {
  const chosen = await backupOf(app, on, vscode.l10n.t('Delete which backup?'));
  if (chosen === undefined) {
    return;
  }
  const { model, backup } = chosen;
  const needed = model.pending.find(({ backups }) => backups.includes(backup.ref));
  if (needed !== undefined) {
    throw waits(needed);
  }
  const contents = await withPatience(vscode.l10n.t('Looking into the backup'), () =>
    contentsOf(model.worktree, backup),
  );
  if (!(await app.dialogs.confirm(deleteQuestion(backup, contents)))) {
    return;
  }
  try {
    await remove(model.worktree, await openGuard(model.worktree, {}), backup);
    app.log.info(`The backup ${backup.ref}, which was at ${backup.tip}, was deleted.`);
    app.dialogs.brief(vscode.l10n.t('The backup was deleted.'), said);
  } finally {
    await app.repositories.reload();
  }
}

function deleteQuestion(backup: Backup, { onlyHere, size }: BackupContents): Question {
  const named = onlyHere
    .slice(0, namedCommits)
    .map(
      ({ oid, subject, author }) => `${shortOid(oid)} ${inertLine(subject, 80)} (${inertLine(author, 40)})`,
    );
  const more = onlyHere.length - named.length;
  const detail =
    onlyHere.length === 0
      ? vscode.l10n.t('All of its commits are also on a branch or tag, so nothing will be lost.')
      : [
          size === 0
            ? vscode.l10n.t(
                'On no branch or tag: {0}. Checkpoints or other backups still hold that:',
                plural(onlyHere.length, 'commit'),
              )
            : vscode.l10n.t(
                'On no branch or tag: {0}. Lost with the backup, because nothing else holds it ({1}):',
                plural(onlyHere.length, 'commit'),
                sizeWords(size),
              ),
          ...named,
          ...(more > 0 ? [vscode.l10n.t('and {0} more', more)] : []),
        ].join('\n');
  return {
    message: vscode.l10n.t('Delete the backup of {0}?', exactTime(backup.time)),
    detail,
    action: vscode.l10n.t('Delete Backup'),
  };
}
