import path from 'node:path';
import * as vscode from 'vscode';
import { openWorktree, type Worktree } from '../../../git/worktree';
import type { App } from '../../rows/app';
import { showQuickPick } from '../../platform/shown';
import { inert } from '../../platform/text/inert';
import type { Target } from '../../rows/treeNode';

interface WorktreeItem extends vscode.QuickPickItem {
  readonly open: () => Promise<Worktree>;
}

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
  const items: WorktreeItem[] = [
    ...(elsewhere === undefined
      ? []
      : [
          item(elsewhere.root, vscode.l10n.t('the worktree it was taken in'), () =>
            openWorktree(model.worktree.git, elsewhere.root),
          ),
        ]),
    ...siblings.map(({ root, worktree }) =>
      item(root, vscode.l10n.t('another worktree, open in this window'), () => Promise.resolve(worktree)),
    ),
  ];
  const placeHolder = vscode.l10n.t('The checkpoint is of another worktree. Restore it into which one?');
  return (await showQuickPick(items, { placeHolder }))?.open();
}

function item(root: string, description: string, open: () => Promise<Worktree>): WorktreeItem {
  return { label: `$(list-tree) ${inert(path.basename(root))}`, description, detail: inert(root), open };
}
