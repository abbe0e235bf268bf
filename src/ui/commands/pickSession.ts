import path from 'node:path';
import * as vscode from 'vscode';
import type { Session } from '../../sessions/model';
import { agentName } from '../agents';
import type { App } from '../app';
import { standingOfSession, type Standing } from '../leases/standing';
import type { RepositoryModel } from '../repository/model';
import { showInformationMessage, showQuickPick } from '../shown';
import { inert } from '../text/inert';
import { heldWords, stateWord } from '../text/leaseWords';
import { relativeTime } from '../text/time';
import { checkpointCount, sessionName } from '../text/words';
import { SessionNode } from '../tree/nodes';
import type { CommandArguments } from './ids';
import { openModels } from './pick';

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
