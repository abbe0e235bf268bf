import * as vscode from 'vscode';
import type { GitPath } from '../../../git/path';
import type { Worktree } from '../../../git/worktree';
import type { RestoreTarget } from '../../../restore/restoreRequest';
import { planRestore } from '../../../restore/planRestore';
import { restore } from '../../../restore/restore';
import type { App } from '../../rows/app';
import { withCancel, withPatience } from '../../platform/progress';
import { shortOid } from '../../platform/text/words';
import { restoring } from './restoreHeld';
import { showPreview } from './restorePreview';
import { resultWords } from './restoreWords';
import { undoIn } from './undoRestore';

/**
 * Plans a restore, shows it path by path, and does what the person ticked. Nothing is written or deleted that was not
 * a line of the preview; what asks for care is touched only if it was ticked.
 * @param paths Only these; undefined for all.
 */
export async function previewAndRestore(
  app: App,
  worktree: Worktree,
  target: RestoreTarget,
  paths: readonly GitPath[] | undefined,
): Promise<void> {
  const plan = await withCancel(vscode.l10n.t('Comparing with the checkpoint'), () =>
    planRestore(worktree, target, paths, app.own.idIn(worktree)),
  );
  if (plan.paths.length === 0 && plan.blocked.length === 0) {
    void app.dialogs.tell(
      target.session === undefined
        ? vscode.l10n.t('Everything already matches commit {0}.', shortOid(target.oid))
        : vscode.l10n.t('Everything already matches checkpoint {0}.', shortOid(target.oid)),
    );
    return;
  }
  const choice = await showPreview(app, worktree, plan);
  if (choice === undefined) {
    return;
  }
  if (choice.chosen.length === 0) {
    void app.dialogs.tell(vscode.l10n.t('No file was ticked, so nothing was restored.'));
    return;
  }
  const request = {
    paths: choice.chosen.map(({ path }) => path),
    include: choice.chosen.filter(({ caution }) => caution !== undefined).map(({ path }) => path),
  };
  // Not cancellable: half a restore helps nobody, and a whole one can be undone.
  const result = await withPatience(vscode.l10n.t('Restoring'), () =>
    restoring(app, worktree, (restorer) => restore(worktree, target, { ...restorer, ...request })),
  );
  await app.repositories.reload();
  if (result === undefined) {
    return;
  }
  const undo = vscode.l10n.t('Undo');
  const words = [vscode.l10n.t('Restored:'), ...resultWords(result, choice.left)].join(' ');
  if ((await app.dialogs.tell(words, undo)) === undo) {
    await undoIn(app, worktree);
  }
}
