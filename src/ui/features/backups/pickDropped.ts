import * as vscode from 'vscode';
import { plural } from '../../platform/text/counts';
import { contentsOf } from '../../../backups/backups';
import { commitsOf } from '../../../backups/commits';
import type { BackedUpCommit } from '../../../backups/backup';
import { pickCommits } from '../../../sync/pick';
import type { App } from '../../rows/app';
import type { OnBackup } from '../../rows/command';
import { withPatience } from '../../platform/progress';
import type { RepositoryModel } from '../../state/repositoryModel';
import { inertLine } from '../../platform/text/inert';
import { relativeTime } from '../../platform/text/time';
import { branchName, shortOid } from '../../platform/text/words';
import { DroppedCommitNode } from './backupNodes';
import { backupOf } from '../../rows/pick';
import type { ChosenBackup } from '../../rows/treeNode';

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
