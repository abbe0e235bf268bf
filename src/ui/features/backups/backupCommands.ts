import * as vscode from 'vscode';
import { contentsOf, deleteBackup as remove } from '../../../backups/backups';
import type { Backup, BackupContents, BackedUpCommit } from '../../../backups/backup';
import { waits } from '../../../decisions/read';
import { openGuard } from '../../../leases/guard';
import type { App } from '../../rows/app';
import type { Question } from '../../platform/dialogs';
import { withPatience } from '../../platform/progress';
import { inertLine } from '../../platform/text/inert';
import { exactTime, sizeWords, relativeTime } from '../../platform/text/time';
import { shortOid, branchName } from '../../platform/text/words';
import { branchOf, compare } from '../../rows/backupActions';
import { backupOf } from '../../rows/pick';
import type { OnBackup } from '../../rows/command';
import { DroppedCommitNode } from './backupNodes';
import { plural } from '../../platform/text/counts';
import { commitsOf } from '../../../backups/commits';
import { pickCommits } from '../../../sync/pick';
import type { RepositoryModel } from '../../state/repositoryModel';
import type { ChosenBackup } from '../../rows/treeNode';

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

/** How many commits are offered of a backup whose commits are all held elsewhere, too. */
const offered = 50;

/**
 * Puts dropped commits back onto the branch that the worktree is on, with what is not committed kept: that of a row, or those
 * that the person ticks. All of them or none.
 */
export async function pickDropped(app: App, on: DroppedCommitNode | OnBackup | undefined): Promise<void> {
  if (on instanceof DroppedCommitNode) {
    await pick(app, on.model, [on.commit.oid]);
    return;
  }
  const chosen = await backupOf(app, on, vscode.l10n.t('Pick commits of which backup?'));
  const commits = chosen && (await tick(app, chosen));
  if (chosen !== undefined && commits !== undefined && commits.length > 0) {
    await pick(
      app,
      chosen.model,
      commits.map(({ oid }) => oid),
    );
  }
}

/** None is ticked beforehand. */
async function tick(
  app: App,
  { model, backup }: ChosenBackup,
): Promise<readonly BackedUpCommit[] | undefined> {
  const { onlyHere } = await contentsOf(model.worktree, backup);
  const commits = onlyHere.length > 0 ? onlyHere : await commitsOf(model.worktree, [backup.tip], offered);
  return app.dialogs.several({
    placeHolder: vscode.l10n.t('Which commits should be applied to the current branch?'),
    stays: true,
    lines: commits.map((commit) => ({
      label: `$(git-commit) ${inertLine(commit.subject, 100)}`,
      description: [shortOid(commit.oid), inertLine(commit.author, 40), relativeTime(commit.time)].join(
        ' · ',
      ),
      value: commit,
    })),
  });
}

async function pick(app: App, model: RepositoryModel, oids: readonly string[]): Promise<void> {
  try {
    const { branch, to } = await withPatience(vscode.l10n.t('Picking commits'), () =>
      app.own.write(model.worktree, (writer) =>
        pickCommits(model.worktree, oids, { ...writer, onConflict: 'ask' }),
      ),
    );
    const words = vscode.l10n.t(
      'Picked {0}: {1} is now at {2}. Uncommitted changes were kept.',
      plural(oids.length, 'commit'),
      branchName(branch),
      shortOid(to),
    );
    void app.dialogs.tell(words);
  } finally {
    await app.repositories.reload();
  }
}
