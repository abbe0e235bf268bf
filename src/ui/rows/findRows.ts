import type { Checkpoint } from '../../checkpoint/checkpoint';
import type { Session } from '../../sessions/session';
import { isOver, standingOfSession } from '../state/leaseRelation';
import type { Repositories } from '../state/repositories';
import type { RepositoryModel } from '../state/repositoryModel';
import { CheckpointNode } from './checkpointNode';
import { RepositoryNode } from './repositoryNode';
import { EndedNode, SessionNode, sessionRows } from './sessionNodes';

/** The row of a session in the Sessions view; undefined when it is not listed (any more). */
export async function findSession(
  repositories: Repositories,
  model: RepositoryModel,
  id: string,
): Promise<SessionNode | undefined> {
  const shown = repositories.distinct.find(({ commonDir }) => commonDir === model.commonDir) ?? model;
  const sessions = await shown.sessions();
  const session = sessions.find((candidate) => candidate.id === id);
  if (session === undefined) {
    return undefined;
  }
  const top =
    repositories.distinct.length > 1
      ? new RepositoryNode(shown, (node) => sessionRows(shown, node))
      : undefined;
  const isEnded = (one: Session): boolean => isOver(standingOfSession(one, shown.own));
  const parent = isEnded(session) ? new EndedNode(shown, sessions.filter(isEnded), top) : top;
  return new SessionNode(shown, session, parent);
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
  const row = await findSession(repositories, model, checkpoint.session);
  if (row === undefined) {
    return undefined;
  }
  const stale = row.session.stale.find(({ oid }) => oid === checkpoint.oid);
  if (stale !== undefined) {
    return new CheckpointNode(row.model, stale, row);
  }
  for (;;) {
    const { checkpoints, more } = await row.model.checkpointsOf(row.session);
    const found = checkpoints.find(({ oid }) => oid === checkpoint.oid);
    if (found !== undefined) {
      return new CheckpointNode(row.model, found, row);
    }
    if (!more) {
      return undefined;
    }
    row.model.wantMoreOf(row.session.id);
  }
}
