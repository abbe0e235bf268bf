import * as vscode from 'vscode';
import { dismissNotice as dismiss } from '../../../backups/backups';
import { putBackOnStash } from '../../../backups/stash';
import { openGuard } from '../../../leases/guard';
import type { App } from '../../rows/app';
import type { OnBackup } from '../../rows/command';
import type { Look } from '../../platform/dialogs';
import { backupOf, ofEach, pickOne } from '../../rows/pick';
import { NoticeNode } from './noticeNode';
import { doerWords, noticeTitle } from '../../rows/noticeWords';
import { relativeTime } from '../../platform/text/time';
import { branchOf } from '../../rows/backupActions';

/** Brings back what was dropped: an entry of the stash onto its list, all else as a branch. */
export async function bringBack(app: App, on: OnBackup | undefined): Promise<void> {
  const chosen = await backupOf(app, on, vscode.l10n.t('Bring back what?'));
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
  void app.dialogs.tell(
    already
      ? vscode.l10n.t('It is already on the stash and stays there.')
      : vscode.l10n.t('It is the newest stash entry again. Your files are unchanged.'),
  );
}

/** The person has seen it: its row goes, the backup stays. */
export async function dismissNotice(app: App, on: NoticeNode | undefined): Promise<void> {
  const chosen = on ?? (await pickNotice(app));
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
  const nodes = await ofEach(app, (model) => model.notices.map((notice) => new NoticeNode(model, notice)));
  const line = ({ notice }: NoticeNode): Look => ({
    label: noticeTitle(notice),
    description: [...doerWords(notice), relativeTime(notice.time)].join(' · '),
  });
  return pickOne(app, nodes, line, {
    placeHolder: vscode.l10n.t('Dismiss which notice? Its backup stays.'),
    none: vscode.l10n.t('There are no notices.'),
  });
}
