import * as vscode from 'vscode';
import { BelayError } from '../../../errors';
import { failureText } from '../../platform/failure';
import { shown } from '../../platform/shown';
import { inertLine } from '../../platform/text/inert';
import { isWorrying } from '../../platform/text/words';
import type { TreeNode } from '../../rows/treeNode';
import type { ViewContent } from '../../rows/views';
import type { Repositories } from '../../state/repositories';
import { plural } from '../../platform/text/counts';
import { sessionRows } from '../../rows/sessionNodes';
import { Tree } from '../../rows/tree';

/** Failures for which the manifest has a welcome text of its own, with buttons. */
const welcomed = new Set(['git_missing', 'git_too_old']);

/** The Sessions view, which also tells how the window stands: it is the one that is always there. */
export function sessionsView(repositories: Repositories, log: vscode.LogOutputChannel): ViewContent {
  return {
    name: 'sessions',
    tree: new SessionsTree(repositories, log),
    tell: (view) => {
      tellState(repositories, view);
    },
  };
}

/** Chooses the welcome text, names folders that could not be opened, and counts what is not covered. */
function tellState({ all, failures, state }: Repositories, view: vscode.TreeView<TreeNode>): void {
  const [first] = failures;
  const reason = first?.thrown instanceof BelayError ? first.thrown.reason : 'failed';
  void vscode.commands.executeCommand('setContext', 'belay.state', state === 'failed' ? reason : state);
  const silent = first === undefined || (state === 'failed' && welcomed.has(reason));
  view.message = silent ? '' : shown(`${inertLine(first.folder, 200)}: ${failureText(first.thrown)}`);
  const lacking = all
    .flatMap(({ latest }) => latest?.uncovered ?? [])
    .filter((uncovered) => isWorrying(uncovered.reason)).length;
  view.badge = lacking === 0 ? undefined : { value: lacking, tooltip: plural(lacking, 'uncovered') };
}

/** Sessions, newest first, with their checkpoints, and these with the files that they changed. Ended ones come last, in one row. */
class SessionsTree extends Tree {
  protected override readonly childrenOf = sessionRows;
}
