import { isOver, standingOfSession } from '../../state/leaseRelation';
import type { RepositoryModel } from '../../state/repositoryModel';
import { filesOf } from '../../rows/sessionRows';
import {
  CheckpointNode,
  EndedNode,
  MoreNode,
  RepositoryNode,
  SessionNode,
  type TreeNode,
} from '../../rows/nodes';
import { Tree } from '../../rows/tree';

/** Sessions, newest first, with their checkpoints, and these with the files that they changed. Ended ones come last, in one row. */
export class SessionsTree extends Tree {
  protected override async childrenOf(
    model: RepositoryModel,
    parent: RepositoryNode | undefined,
  ): Promise<TreeNode[]> {
    const sessions = await model.sessions();
    const over = sessions.filter((session) => isOver(standingOfSession(session, model.own)));
    const rows = sessions
      .filter((session) => !over.includes(session))
      .map((session) => new SessionNode(model, session, parent));
    return over.length === 0 ? rows : [...rows, new EndedNode(model, over, parent)];
  }

  protected override async below(node: TreeNode): Promise<TreeNode[]> {
    if (node instanceof EndedNode) {
      return node.sessions.map((session) => new SessionNode(node.model, session, node));
    }
    if (node instanceof SessionNode) {
      const { checkpoints, more } = await node.model.checkpointsOf(node.session);
      const rows = checkpoints.map((checkpoint) => new CheckpointNode(node.model, checkpoint, node));
      const all = [...(await staleOf(node)), ...rows];
      return more ? [...all, new MoreNode(node.model, node, undefined)] : all;
    }
    return node instanceof CheckpointNode ? filesOf(node) : [];
  }
}

/** What fenced writers of a session tried to save, newest first, each with how many files. */
function staleOf(node: SessionNode): Promise<CheckpointNode[]> {
  return Promise.all(
    node.session.stale.map(
      async (checkpoint) =>
        new CheckpointNode(node.model, checkpoint, node, (await node.model.changesOf(checkpoint)).length),
    ),
  );
}
