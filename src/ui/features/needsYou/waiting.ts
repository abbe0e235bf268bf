import * as vscode from 'vscode';
import { plural } from '../../platform/text/counts';
import type { Repositories } from '../../state/repositories';
import type { TreeNode } from '../../rows/treeNode';

/** Shows the view while there is something for the person, or while it cannot be known, and counts on its badge. */
export function tellWaiting({ distinct }: Repositories, view: vscode.TreeView<TreeNode>): void {
  const waiting = distinct.reduce((count, { pending }) => count + pending.length, 0);
  const notices = distinct.reduce((count, model) => count + model.notices.length, 0);
  const answers = distinct.reduce((count, { decisions }) => count + decisions.unconfirmed.length, 0);
  const unreadable = distinct.some(({ decisions }) => decisions.unreadable !== undefined);
  void vscode.commands.executeCommand(
    'setContext',
    'belay.waiting',
    waiting + answers + notices > 0 || unreadable,
  );
  const words = [
    ...(waiting === 0 ? [] : [plural(waiting, 'decision')]),
    ...(answers === 0 ? [] : [plural(answers, 'elsewhere')]),
    ...(notices === 0 ? [] : [plural(notices, 'notice')]),
  ];
  view.badge =
    words.length === 0 ? undefined : { value: waiting + answers + notices, tooltip: words.join(', ') };
}
