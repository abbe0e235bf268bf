import * as vscode from 'vscode';
import type { GitPath } from '../../../git/path';
import type { Worktree } from '../../../git/worktree';
import { undoRestore } from '../../../restore/restore';
import type { RestoreResult } from '../../../restore/restoreRequest';
import type { StagedResult } from '../../../restore/staged/stagedResult';
import { undoLatest, undoStagedAt } from '../../../restore/staged/undo';
import type { App } from '../../rows/app';
import { withPatience } from '../../platform/progress';
import { pickModel } from '../../rows/pick';
import { restoring, type Restorer } from './restoreInto';
import { stagedResultWords } from './stagedWords';
import { resultWords } from './restoreWords';

/** Takes the last restore of a worktree back. */
export async function undoLastRestore(app: App): Promise<void> {
  const model = await pickModel(app, vscode.l10n.t('Undo the last restore of which worktree?'));
  if (model !== undefined) {
    await undoIn(app, model.worktree);
  }
}

/**
 * Takes the last restore of this worktree back. What changed since the restore is left alone and named, and the person can then
 * say that it is to be undone too.
 */
export async function undoIn(app: App, worktree: Worktree): Promise<void> {
  const undone = await undoing(app, worktree, (restorer) => undoLatest(worktree, restorer));
  if (undone?.of === 'files') {
    await tellUndone(app, undone.result, filesUndone, (include) =>
      undoing(app, worktree, (restorer) => undoRestore(worktree, { ...restorer, include })),
    );
  } else if (undone !== undefined) {
    const { target } = undone.result;
    await tellUndone(app, undone.result, stagedUndone, (include) =>
      undoing(app, worktree, (restorer) => undoStagedAt(worktree, target, { ...restorer, include })),
    );
  }
}

async function undoing<T>(
  app: App,
  worktree: Worktree,
  undo: (restorer: Restorer) => Promise<T>,
): Promise<T | undefined> {
  const undone = await withPatience(vscode.l10n.t('Undoing the restore'), () =>
    restoring(app, worktree, undo),
  );
  await app.repositories.reload();
  return undone;
}

/** Says what an undo gave back, and offers to give back what was left alone, too. */
async function tellUndone<T extends { readonly skipped: readonly { readonly path: GitPath }[] }>(
  app: App,
  result: T,
  sentences: (result: T) => readonly string[],
  again: (include: readonly GitPath[]) => Promise<T | undefined>,
): Promise<void> {
  const words = sentences(result).join(' ');
  if (result.skipped.length === 0) {
    void app.dialogs.tell(words);
    return;
  }
  const those = vscode.l10n.t('Undo Those Too');
  if ((await app.dialogs.warn(words, those)) === those) {
    const rest = await again(result.skipped.map(({ path }) => path));
    if (rest !== undefined) {
      await tellUndone(app, rest, sentences, again);
    }
  }
}

function filesUndone(result: RestoreResult): readonly string[] {
  return [vscode.l10n.t('The restore was undone:'), ...resultWords(result)];
}

function stagedUndone(result: StagedResult): readonly string[] {
  return [
    vscode.l10n.t('The restore of staged state was undone.'),
    ...(result.exact ? [vscode.l10n.t('The index is byte for byte the same as before.')] : []),
    ...stagedResultWords(result),
  ];
}
