import path from 'node:path';
import * as vscode from 'vscode';
import { openWorktree, type Worktree } from '../../../git/worktree';
import type { Line } from '../../platform/dialogs';
import type { App } from '../../rows/app';
import { inert } from '../../platform/text/inert';
import type { Target } from '../../rows/treeNode';

/**
 * The worktree that a checkpoint is restored into: its own, where that is open in this window. Otherwise the person
 * chooses, so that a checkpoint of one worktree never lands in another by surprise. Undefined when they chose none.
 */
export async function restoreInto(app: App, { model, checkpoint }: Target): Promise<Worktree | undefined> {
  const siblings = app.repositories.all.filter(({ commonDir }) => commonDir === model.commonDir);
  const own = siblings.find(({ worktree }) => worktree.key === checkpoint.worktree);
  if (own !== undefined) {
    return own.worktree;
  }
  const summaries = await model.worktrees();
  const elsewhere = summaries.find(({ key, missing }) => key === checkpoint.worktree && !missing);
  const lines: Line<() => Promise<Worktree>>[] = [
    ...(elsewhere === undefined
      ? []
      : [
          lineTo(elsewhere.root, vscode.l10n.t('the worktree it was taken in'), () =>
            openWorktree(model.worktree.git, elsewhere.root),
          ),
        ]),
    ...siblings.map(({ root, worktree }) =>
      lineTo(root, vscode.l10n.t('another worktree, open in this window'), () => Promise.resolve(worktree)),
    ),
  ];
  const placeHolder = vscode.l10n.t('The checkpoint is of another worktree. Restore it into which one?');
  return (await app.dialogs.one({ placeHolder, lines }))?.();
}

function lineTo(
  root: string,
  description: string,
  value: () => Promise<Worktree>,
): Line<() => Promise<Worktree>> {
  return { label: `$(list-tree) ${inert(path.basename(root))}`, description, detail: inert(root), value };
}
