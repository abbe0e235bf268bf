import * as vscode from 'vscode';
import { LeaseError } from '../../../leases/error';
import type { Lease } from '../../../leases/lease';
import { endSession, giveBack, takeOverSession } from '../../../sessions/lifecycle';
import type { App } from '../../rows/app';
import { standingOfSession, standingOfWorktree, type Standing } from '../../state/leaseRelation';
import type { RepositoryModel } from '../../state/repositoryModel';
import { leaseNowWords, heldWords, stateWord } from '../../platform/text/leaseWords';
import { sessionName, checkpointCount } from '../../platform/text/words';
import { SessionNode } from '../../rows/sessionNodes';
import { WorktreeNode } from '../../rows/worktreeNode';
import {
  endQuestion,
  releaseQuestion,
  releaseWorktreeQuestion,
  takeOverQuestion,
} from '../../rows/sessionQuestions';
import type { Session } from '../../../sessions/session';
import { agentName } from '../../platform/agentLook';
import { relativeTime } from '../../platform/text/time';
import type { Look } from '../../platform/dialogs';
import { ofEach, openModels, pickOne, repositoryName } from '../../rows/pick';

/** How long the status bar says what was done, in milliseconds. */
const said = 6_000;

/** Stops the current writer of a session, once the person has read who that is, by claiming its lease for this window. */
export async function takeOver(app: App, on: SessionNode | string | undefined): Promise<void> {
  const placeHolder = vscode.l10n.t('Take over which session?');
  const chosen = await sessionOf(app, on, ['held', 'free', 'left'], placeHolder);
  if (chosen === undefined || !(await app.dialogs.confirm(takeOverQuestion(chosen.session)))) {
    return;
  }
  const { model, session } = chosen;
  const { own, worktree } = model;
  const claim = {
    owner: own.idIn(worktree),
    agent: own.agent,
    holder: own.holder,
    worktree: session.worktree,
  };
  const lease = await asSeen(app, () => takeOverSession(worktree, session.id, claim, session.lease?.token));
  if (lease !== undefined) {
    await tellTaken(app, model, session.id, lease);
  }
}

/** Gives up the lease of a session or worktree: the window's own at once, that of another session after a question. */
export async function release(app: App, on: WorktreeNode | SessionNode | string | undefined): Promise<void> {
  if (on instanceof WorktreeNode) {
    await releaseWorktree(app, on);
    return;
  }
  const placeHolder = vscode.l10n.t('Release which session?');
  const chosen = await sessionOf(app, on, ['mine', 'held', 'left'], placeHolder);
  if (chosen !== undefined) {
    await releaseSession(app, chosen);
  }
}

async function releaseSession(app: App, { model, session }: ChosenSession): Promise<void> {
  const { lease } = session;
  if (lease?.status !== 'held') {
    void app.dialogs.tell(vscode.l10n.t('Nobody holds session {0}.', sessionName(session.id)));
    return;
  }
  const mine = standingOfSession(session, model.own) === 'mine';
  if (!mine && !(await app.dialogs.confirm(releaseQuestion(session)))) {
    return;
  }
  await giveUp(app, model, lease, vscode.l10n.t('Session {0} was released.', sessionName(session.id)));
}

async function releaseWorktree(app: App, { model, summary }: WorktreeNode): Promise<void> {
  const { lease } = summary;
  if (lease === undefined) {
    return;
  }
  const mine = standingOfWorktree(summary, model.own) === 'mine';
  if (!mine && !(await app.dialogs.confirm(releaseWorktreeQuestion(summary, lease)))) {
    return;
  }
  await giveUp(app, model, lease, vscode.l10n.t('The worktree was released.'));
}

/** Ends a session for good, after a question. Its checkpoints stay. */
export async function endOne(app: App, on: SessionNode | string | undefined): Promise<void> {
  const placeHolder = vscode.l10n.t('End which session?');
  const chosen = await sessionOf(app, on, ['own', 'mine', 'held', 'free', 'left'], placeHolder);
  if (chosen === undefined || !(await app.dialogs.confirm(endQuestion(chosen.session)))) {
    return;
  }
  const { model, session } = chosen;
  const { own, worktree } = model;
  const ended = await asSeen(app, async () => {
    if (standingOfSession(session, own) === 'own') {
      await own.end(worktree);
    } else {
      await endSession(worktree, session.id, { seen: session.lease?.token, by: own.idIn(worktree) });
    }
    return true;
  });
  if (ended !== undefined) {
    app.dialogs.brief(vscode.l10n.t('Session {0} has ended.', sessionName(session.id)), said);
  }
}

async function giveUp(app: App, model: RepositoryModel, lease: Lease, words: string): Promise<void> {
  const given = await asSeen(app, () => giveBack(model.worktree, lease, model.own.idIn(model.worktree)));
  if (given !== undefined) {
    app.dialogs.brief(words, said);
  }
}

async function tellTaken(app: App, model: RepositoryModel, session: string, lease: Lease): Promise<void> {
  const words = vscode.l10n.t(
    'You now hold session {0}. Nobody else can write for it until you release it.',
    sessionName(session),
  );
  const giveItBack = vscode.l10n.t('Release');
  if ((await app.dialogs.tell(words, giveItBack)) === giveItBack) {
    const done = vscode.l10n.t('Session {0} was released.', sessionName(session));
    await giveUp(app, model, lease, done);
  }
}

/**
 * Does something to the lease that the person saw. Where that has moved since, nothing is done and they are told who has it
 * now. Either way the views show the current state. Undefined when nothing was done.
 */
async function asSeen<T>(app: App, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof LeaseError && ['lease_held', 'lease_lost'].includes(thrown.reason))) {
      throw thrown;
    }
    app.log.info(thrown.message);
    const nothing = vscode.l10n.t('Nothing was done, because something changed in the meantime.');
    void app.dialogs.warn(`${nothing} ${leaseNowWords(thrown.current)}`);
    return undefined;
  } finally {
    await app.repositories.reload();
  }
}

/** A session as the person saw it when they chose it. */
interface ChosenSession {
  readonly model: RepositoryModel;
  readonly session: Session;
}

/**
 * The session that a command was called on: a row, or an id. Called on nothing, the person chooses among those that stand
 * with their lease as wanted; undefined when they chose none, or there is none.
 */
async function sessionOf(
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
