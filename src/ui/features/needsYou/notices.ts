import * as vscode from 'vscode';
import { dismissNotice as dismiss } from '../../../backups/backups';
import { putBackOnStash } from '../../../backups/stash';
import { openGuard } from '../../../leases/guard';
import type { App } from '../../rows/app';
import type { CommandArguments } from '../../rows/commandIds';
import { openModels } from '../../rows/pick';
import { NoticeNode } from '../../rows/noticeNode';
import { doerWords, noticeTitle } from '../../rows/noticeWords';
import { showInformationMessage, showQuickPick } from '../../platform/shown';
import { relativeTime } from '../../platform/text/time';
import { branchOf } from '../../rows/backupActions';
import { backupOf } from '../../rows/pickBackup';

/** Brings back what was dropped: an entry of the stash onto its list, all else as a branch. */
export async function bringBack(app: App, args: CommandArguments): Promise<void> {
  const chosen = await backupOf(app, args, vscode.l10n.t('Bring back what?'));
  if (chosen === undefined) {
    return;
  }
  const { model, backup } = chosen;
  if (backup.fell?.what !== 'stash') {
    await branchOf(app, model, backup);
    return;
  }
  const { already } = await putBackOnStash(model.worktree, await openGuard(model.worktree, {}), backup);
  await app.repositories.reload();
  void showInformationMessage(
    already
      ? vscode.l10n.t('It is already on the stash and stays there.')
      : vscode.l10n.t('It is the newest stash entry again. Your files are unchanged.'),
  );
}

/** The person has seen it: its row goes, the backup stays. */
export async function dismissNotice(app: App, [on]: CommandArguments): Promise<void> {
  const chosen = on instanceof NoticeNode ? on : await pickNotice(app);
  if (chosen === undefined) {
    return;
  }
  const { model, notice } = chosen;
  try {
    await dismiss(model.worktree, await openGuard(model.worktree, {}), notice.backups[0]);
  } finally {
    await app.repositories.reload();
  }
}

async function pickNotice(app: App): Promise<NoticeNode | undefined> {
  await openModels(app);
  const nodes = app.repositories.distinct.flatMap((model) =>
    model.notices.map((notice) => new NoticeNode(model, notice)),
  );
  if (nodes.length === 0) {
    void showInformationMessage(vscode.l10n.t('There are no notices.'));
    return undefined;
  }
  const items = nodes.map((node) => ({
    label: noticeTitle(node.notice),
    description: [...doerWords(node.notice), relativeTime(node.notice.time)].join(' · '),
    node,
  }));
  const placeHolder = vscode.l10n.t('Dismiss which notice? Its backup stays.');
  return (await showQuickPick(items, { placeHolder, matchOnDescription: true }))?.node;
}
