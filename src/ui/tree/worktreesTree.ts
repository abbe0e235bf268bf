import type { RepositoryModel } from '../repository/model';
import { CheckpointNode, WorktreeNode, type RepositoryNode, type TreeNode } from './nodes';
import { filesOf } from './sessionsTree';
import { Tree } from './tree';

/** Every worktree of the repositories, open in this window or not, each with its last checkpoint. */
export class WorktreesTree extends Tree {
  protected override async childrenOf(
    model: RepositoryModel,
    parent: RepositoryNode | undefined,
  ): Promise<TreeNode[]> {
    const worktrees = await model.worktrees();
    return worktrees.map((summary) => new WorktreeNode(model, summary, parent));
  }

  protected override async below(node: TreeNode): Promise<TreeNode[]> {
    if (node instanceof WorktreeNode) {
      const { latest } = node.summary;
      return latest === undefined ? [] : [new CheckpointNode(node.model, latest, node)];
    }
    return node instanceof CheckpointNode ? filesOf(node) : [];
  }
}
