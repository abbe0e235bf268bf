import * as vscode from 'vscode';
import type { Backup } from '../../backups/model';
import type { App } from './app';
import type { CommandArguments } from './commandIds';
import { openModels } from './pick';
import { NoticeNode } from './noticeNode';
import type { RepositoryModel } from '../state/repositoryModel';
import { showInformationMessage, showQuickPick } from '../platform/shown';
import { exactTime } from '../platform/text/time';
import { shortOid } from '../platform/text/words';
import { BackupNode } from './backupNodes';
import { fallenWords, kindWords, subjectWords } from './backupWords';

export interface ChosenBackup {
  readonly model: RepositoryModel;
  readonly backup: Backup;
}

/** The backup of the row that a command was called on, else the one that the person chooses. */
export async function backupOf(
  app: App,
  [on]: CommandArguments,
  placeHolder: string,
): Promise<ChosenBackup | undefined> {
  if (on instanceof BackupNode) {
    return on;
  }
  if (on instanceof NoticeNode) {
    const { model, notice } = on;
    return notice.backups.length === 1
      ? { model, backup: notice.backups[0] }
      : choose(
          notice.backups.map((backup) => ({ model, backup })),
          placeHolder,
        );
  }
  await openModels(app);
  const lists = await Promise.all(
    app.repositories.distinct.map(async (model) =>
      (await model.backups()).map((backup) => ({ model, backup })),
    ),
  );
  const all = lists.flat().toSorted((a, b) => b.backup.time - a.backup.time);
  if (all.length === 0) {
    void showInformationMessage(vscode.l10n.t('There are no backups.'));
    return undefined;
  }
  return choose(all, placeHolder);
}

async function choose(all: readonly ChosenBackup[], placeHolder: string): Promise<ChosenBackup | undefined> {
  const items = all.map((chosen) => ({
    label: `$(pinned) ${exactTime(chosen.backup.time)}`,
    description: [kindWords(chosen.backup.kind), subjectWords(chosen.backup)].join(' · '),
    detail: [...fallenWords(chosen.backup), shortOid(chosen.backup.tip)].join(' · '),
    chosen,
  }));
  return (await showQuickPick(items, { placeHolder, matchOnDescription: true }))?.chosen;
}
