import * as vscode from 'vscode';
import type { App } from './app';
import type { Look } from '../platform/dialogs';
import { ofEach, pickOne } from './pick';
import { exactTime } from '../platform/text/time';
import { shortOid } from '../platform/text/words';
import type { OnBackup } from './command';
import type { ChosenBackup } from './treeNode';
import { fallenWords, kindWords, subjectWords } from './backupWords';

/** The backup of the row that a command was called on, else the one that the person chooses. */
export async function backupOf(
  app: App,
  on: OnBackup | undefined,
  placeHolder: string,
): Promise<ChosenBackup | undefined> {
  const kept = on?.keptIn();
  if (kept?.length === 1) {
    return kept[0];
  }
  const all = kept ?? (await allBackups(app));
  return pickOne(app, all, backupLine, { placeHolder, none: vscode.l10n.t('There are no backups.') });
}

async function allBackups(app: App): Promise<readonly ChosenBackup[]> {
  const all = await ofEach(app, async (model) =>
    (await model.backups()).map((backup) => ({ model, backup })),
  );
  return all.toSorted((a, b) => b.backup.time - a.backup.time);
}

function backupLine({ backup }: ChosenBackup): Look {
  return {
    label: `$(pinned) ${exactTime(backup.time)}`,
    description: [kindWords(backup.kind), subjectWords(backup)].join(' · '),
    detail: [...fallenWords(backup), shortOid(backup.tip)].join(' · '),
  };
}
