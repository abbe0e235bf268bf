import * as vscode from 'vscode';
import type { Worktree } from '../../../git/worktree';
import { undoRestore } from '../../../restore/restore';
import { undoLatest } from '../../../restore/staged/undo';
import type { App } from '../../rows/app';
import { withPatience } from '../../platform/progress';
import { pickModel } from '../../rows/pick';
import { restoring } from './restoreInto';
import { resultWords } from './restoreWords';

/** Takes the last restore of a worktree back. */
export async function undoLastRestore(app: App): Promise<void> {
  const model = await pickModel(app, vscode.l10n.t('Undo the last restore of which worktree?'));
  if (model !== undefined) {
    await undoIn(app, model.worktree);
  }
}

/**
 * Takes the last restore of this worktree back. Files that changed since the restore are left alone and named, and the
 * person can then say that they are to be undone too.
 */
export async function undoIn(app: App, worktree: Worktree): Promise<void> {
  const undone = await withPatience(vscode.l10n.t('Undoing the restore'), () =>
    restoring(app, worktree, (restorer) => undoLatest(worktree, restorer)),
  );
  if (undone?.of === 'staged') {
    await (await import('./restoreStaged')).tellStagedUndone(app, worktree, undone.result);
    return;
  }
  await app.repositories.reload();
  if (undone === undefined) {
    return;
  }
  const { result } = undone;
  const words = [vscode.l10n.t('The restore was undone:'), ...resultWords(result)].join(' ');
  if (result.skipped.length === 0) {
    void app.dialogs.tell(words);
    return;
  }
  const those = vscode.l10n.t('Undo Those Too');
  if ((await app.dialogs.warn(words, those)) !== those) {
    return;
  }
  const include = result.skipped.map(({ path }) => path);
  const rest = await withPatience(vscode.l10n.t('Undoing the restore'), () =>
    restoring(app, worktree, (restorer) => undoRestore(worktree, { ...restorer, include })),
  );
  await app.repositories.reload();
  if (rest === undefined) {
    return;
  }
  void app.dialogs.tell([vscode.l10n.t('The restore was undone:'), ...resultWords(rest)].join(' '));
}
