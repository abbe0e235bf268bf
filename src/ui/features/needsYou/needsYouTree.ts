import { FailureNode } from '../../rows/failureNode';
import { RepositoryNode } from '../../rows/repositoryNode';
import type { TreeNode } from '../../rows/treeNode';
import { Tree } from '../../rows/tree';
import { AnswerNode } from './answerNode';
import { DecisionNode } from './decisionNode';
import { NoticeNode } from './noticeNode';
import * as vscode from 'vscode';
import { plural } from '../../platform/text/counts';
import type { Repositories } from '../../state/repositories';

/** Everything that waits for the person, then what they should know of, of all repositories of the window in one list: there is little of it. */
export class NeedsYouTree extends Tree {
  override async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    await this.repositories.ready();
    return node === undefined
      ? this.repositories.distinct.flatMap((model): TreeNode[] => [
          ...model.pending.map((decision) => new DecisionNode(model, decision)),
          ...model.decisions.unconfirmed.map((decision) => new AnswerNode(model, decision)),
          ...model.notices.map((notice) => new NoticeNode(model, notice)),
          ...(model.decisions.unreadable === undefined
            ? []
            : [
                new FailureNode(
                  new RepositoryNode(model, () => this.childrenOf()),
                  model.decisions.unreadable.thrown,
                ),
              ]),
        ])
      : [];
  }

  protected override childrenOf(): Promise<TreeNode[]> {
    return Promise.resolve([]);
  }
}

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
