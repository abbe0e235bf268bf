import path from 'node:path';
import * as vscode from 'vscode';
import type { Session } from '../../../sessions/model';
import { agentName } from '../../platform/agentLook';
import type { App } from '../../rows/app';
import { standingOfSession, type Standing } from '../../state/leaseRelation';
import type { RepositoryModel } from '../../state/repositoryModel';
import { showInformationMessage, showQuickPick } from '../../platform/shown';
import { inert } from '../../platform/text/inert';
import { heldWords, stateWord } from '../../platform/text/leaseWords';
import { relativeTime } from '../../platform/text/time';
import { checkpointCount, sessionName } from '../../platform/text/words';
import { SessionNode } from '../../rows/sessionNodes';
import type { CommandArguments } from '../../rows/commandIds';
import { openModels } from '../../rows/pick';

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
  args: CommandArguments,
  wanted: readonly Standing[],
  placeHolder: string,
): Promise<ChosenSession | undefined> {
  const [on] = args;
  if (on instanceof SessionNode) {
    return on;
  }
  await openModels(app);
  await app.repositories.reload();
  const lists = await Promise.all(
    app.repositories.distinct.map(async (model) =>
      (await model.sessions()).map((session) => ({ model, session })),
    ),
  );
  const all = lists.flat();
  if (typeof on === 'string') {
    return all.find(({ session }) => session.id === on);
  }
  const fitting = all.filter(({ session, model }) => wanted.includes(standingOfSession(session, model.own)));
  if (fitting.length === 0) {
    void showInformationMessage(vscode.l10n.t('There is no session to do that with.'));
    return undefined;
  }
  const items = fitting.map((chosen) => sessionItem(chosen, lists.length > 1));
  const options = { placeHolder, matchOnDescription: true, matchOnDetail: true };
  return (await showQuickPick(items, options))?.chosen;
}

function sessionItem(
  chosen: ChosenSession,
  nameRepository: boolean,
): vscode.QuickPickItem & { readonly chosen: ChosenSession } {
  const { model, session } = chosen;
  const standing = standingOfSession(session, model.own);
  const { lease } = session;
  return {
    label: `$(person) ${sessionName(session.id)}`,
    description: [agentName(session.agent), stateWord(session.vital.state)].join(' · '),
    detail: [
      ...(lease?.status === 'held' ? [heldWords(lease, standing === 'mine' || standing === 'own')] : []),
      relativeTime(session.time),
      checkpointCount(session.steps),
      ...(nameRepository ? [inert(path.basename(model.root))] : []),
    ].join(' · '),
    chosen,
  };
}
