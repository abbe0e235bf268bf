import * as vscode from 'vscode';
import type { Backup } from '../../backups/model';
import type { App } from '../app';
import type { CommandArguments } from '../commands/ids';
import { openModels } from '../commands/pick';
import type { RepositoryModel } from '../repository/model';
import { exactTime } from '../text/time';
import { shortOid } from '../text/words';
import { BackupNode } from './nodes';
import { kindWords, subjectWords } from './words';

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
  await openModels(app);
  const lists = await Promise.all(
    app.repositories.distinct.map(async (model) =>
      (await model.backups()).map((backup) => ({ model, backup })),
    ),
  );
  const all = lists.flat().toSorted((a, b) => b.backup.time - a.backup.time);
  if (all.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There is no backup.'));
    return undefined;
  }
  const items = all.map((chosen) => ({
    label: `$(pinned) ${exactTime(chosen.backup.time)}`,
    description: [kindWords(chosen.backup.kind), subjectWords(chosen.backup)].join(' · '),
    detail: shortOid(chosen.backup.tip),
    chosen,
  }));
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true }))?.chosen;
}
