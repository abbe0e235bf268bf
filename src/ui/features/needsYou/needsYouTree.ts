import { FailureNode } from '../../rows/failureNode';
import { RepositoryNode } from '../../rows/repositoryNode';
import type { TreeNode } from '../../rows/treeNode';
import { Tree } from '../../rows/tree';
import { AnswerNode } from './answerNode';
import { DecisionNode } from './decisionNode';
import { NoticeNode } from './noticeNode';

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
