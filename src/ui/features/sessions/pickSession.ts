import * as vscode from 'vscode';
import type { Session } from '../../../sessions/session';
import { agentName } from '../../platform/agentLook';
import type { App } from '../../rows/app';
import { standingOfSession, type Standing } from '../../state/leaseRelation';
import type { RepositoryModel } from '../../state/repositoryModel';
import { heldWords, stateWord } from '../../platform/text/leaseWords';
import { relativeTime } from '../../platform/text/time';
import { checkpointCount, sessionName } from '../../platform/text/words';
import { SessionNode } from '../../rows/sessionNodes';
import type { Look } from '../../platform/dialogs';
import { ofEach, openModels, pickOne, repositoryName } from '../../rows/pick';

/** A session as the person saw it when they chose it. */
export interface ChosenSession {
  readonly model: RepositoryModel;
  readonly session: Session;
}

/**
 * The session that a command was called on: a row, or an id. Called on nothing, the person chooses among those that stand
 * with their lease as wanted; undefined when they chose none, or there is none.
 */
export async function sessionOf(
  app: App,
  on: SessionNode | string | undefined,
  wanted: readonly Standing[],
  placeHolder: string,
): Promise<ChosenSession | undefined> {
  if (on instanceof SessionNode) {
    return on;
  }
  await openModels(app);
  await app.repositories.reload();
  const all = await ofEach(app, async (model) =>
    (await model.sessions()).map((session) => ({ model, session })),
  );
  if (typeof on === 'string') {
    return all.find(({ session }) => session.id === on);
  }
  const fitting = all.filter(({ session, model }) => wanted.includes(standingOfSession(session, model.own)));
  return pickOne(app, fitting, (chosen) => sessionLine(app, chosen), {
    placeHolder,
    none: vscode.l10n.t('There is no session to do that with.'),
  });
}

function sessionLine(app: App, { model, session }: ChosenSession): Look {
  const standing = standingOfSession(session, model.own);
  const { lease } = session;
  return {
    label: `$(person) ${sessionName(session.id)}`,
    description: [agentName(session.agent), stateWord(session.liveness.state)].join(' · '),
    detail: [
      ...(lease?.status === 'held' ? [heldWords(lease, standing === 'mine' || standing === 'own')] : []),
      relativeTime(session.time),
      checkpointCount(session.steps),
      ...repositoryName(app, model),
    ].join(' · '),
  };
}
