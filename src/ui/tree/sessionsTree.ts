import type { Checkpoint } from '../../checkpoint/model';
import type { RepositoryModel } from '../repository/model';
import type { Repositories } from '../repository/repositories';
import {
  CheckpointNode,
  FileNode,
  MoreNode,
  RepositoryNode,
  SessionNode,
  UncoveredNode,
  type TreeNode,
} from './nodes';
import { Tree } from './tree';

/** Sessions, newest first, with their checkpoints, and these with the files that they changed. */
export class SessionsTree extends Tree {
  protected override async childrenOf(
    model: RepositoryModel,
    parent: RepositoryNode | undefined,
  ): Promise<TreeNode[]> {
    const sessions = await model.sessions();
    return sessions.map((session) => new SessionNode(model, session, parent));
  }

  protected override async below(node: TreeNode): Promise<TreeNode[]> {
    if (node instanceof SessionNode) {
      const { checkpoints, more } = await node.model.checkpointsOf(node.session);
      const rows = checkpoints.map((checkpoint) => new CheckpointNode(node.model, checkpoint, node));
      return more ? [...rows, new MoreNode(node.model, node, undefined)] : rows;
    }
    return node instanceof CheckpointNode ? filesOf(node) : [];
  }
}

/** What a checkpoint left out, then what it changed. */
export async function filesOf(node: CheckpointNode): Promise<TreeNode[]> {
  const { model, checkpoint } = node;
  const changes = await model.changesOf(checkpoint);
  return [
    ...checkpoint.uncovered.map((uncovered) => new UncoveredNode(model, uncovered, node)),
    ...(checkpoint.uncoveredMore > 0 ? [new MoreNode(model, node, checkpoint.uncoveredMore)] : []),
    ...changes.map((change) => new FileNode(model, change, node)),
  ];
}

/**
 * The row of a checkpoint in the Sessions view, as many pages down as it takes; undefined when its session does not
 * list it (any more).
 */
export async function findCheckpoint(
  repositories: Repositories,
  model: RepositoryModel,
  checkpoint: Checkpoint,
): Promise<CheckpointNode | undefined> {
  const shown = repositories.distinct.find(({ commonDir }) => commonDir === model.commonDir) ?? model;
  const session = (await shown.sessions()).find(({ id }) => id === checkpoint.session);
  if (session === undefined) {
    return undefined;
  }
  for (;;) {
    const { checkpoints, more } = await shown.checkpointsOf(session);
    const found = checkpoints.find(({ oid }) => oid === checkpoint.oid);
    if (found !== undefined) {
      const top = repositories.distinct.length > 1 ? new RepositoryNode(shown) : undefined;
      return new CheckpointNode(shown, found, new SessionNode(shown, session, top));
    }
    if (!more) {
      return undefined;
    }
    shown.wantMoreOf(session.id);
  }
}
