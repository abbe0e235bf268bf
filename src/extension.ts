import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { messageOf } from './errors';
import { createApi, type BelayApi } from './ui/contributions/api';
import type { App } from './ui/rows/app';
import { commandIds, registerCommands } from './ui/contributions/commands';
import { AgentStates } from './ui/state/agentStates';
import { PlannedFiles } from './ui/features/agents/plannedFiles';
import { HeldDialogs } from './ui/platform/heldDialogs';
import { changeDecorations } from './ui/features/checkpoints/changeDecorations';
import { ObjectFiles } from './ui/state/objectFiles';
import { showFailure } from './ui/platform/failure';
import { intervals } from './ui/platform/intervals';
import { PinStates } from './ui/state/pinStates';
import { Fenced } from './ui/state/fenced';
import { Owners } from './ui/features/owners/owners';
import { OwnSession } from './ui/state/ownSession';
import { WindowAnswers } from './ui/state/windowAnswers';
import { VscodeDialogs } from './ui/platform/vscodeDialogs';
import { Repositories } from './ui/state/repositories';
import { createStatusBar } from './ui/features/statusBar/statusBar';
import { Announcer } from './ui/features/needsYou/announcer';
import { LostAnnouncer } from './ui/features/doctor/lostAnnouncer';
import { Reviews } from './ui/features/needsYou/review/reviews';
import { Following } from './ui/features/worktrees/following';
import { FetchSchedule } from './ui/features/sync/fetchSchedule';
import { WindowNetwork } from './ui/state/windowNetwork';
import { viewContents } from './ui/contributions/views';
import { Views, Visibility } from './ui/rows/views';

/** How long the end of the window's session may take, in milliseconds: VS Code itself gives a few seconds. */
const endLimit = 2_000;

/** What is left to do when the window closes. VS Code disposes of the subscriptions without waiting for them. */
const atEnd: (() => Promise<void>)[] = [];

/** Wires the parts together and returns at once; the repositories are opened afterwards, and only if trusted. */
export function activate(context: vscode.ExtensionContext): BelayApi {
  const log = vscode.window.createOutputChannel('Belay', { log: true });
  const every = intervals(process.env, log);
  const dialogs = new HeldDialogs(new VscodeDialogs());
  const own = new OwnSession((loss) => {
    showFailure({ log, dialogs }, loss);
  });
  const answers = new WindowAnswers(context.secrets, context.globalState, log);
  const visibility = new Visibility();
  const network = new WindowNetwork(log);
  const repositories = new Repositories(log, own, answers, () => visibility.wanted());
  const pinStates = new PinStates(repositories, () => visibility.wanted().worktrees, log);
  const agentStates = new AgentStates(repositories, () => visibility.shows('agents'), log, every.agents);
  const plannedFiles = new PlannedFiles();
  const fenced: Fenced = new Fenced(repositories, log, dialogs, (model, session): Promise<void> =>
    views.showSession(model, session),
  );
  const views: Views = new Views(
    repositories,
    viewContents({ repositories, network, pinStates, agentStates, log }),
    visibility,
    fenced,
    log,
    every.life,
  );
  const owners = new Owners(repositories, log);
  const reviews: Reviews = new Reviews(() => app);
  const following = new Following(() => app);
  const app: App = {
    context,
    log,
    own,
    answers,
    dialogs,
    repositories,
    views,
    owners,
    reviews,
    network,
    pinStates,
    following,
    agentStates,
    plannedFiles,
  };
  context.subscriptions.push(
    fenced,
    views,
    owners,
    reviews,
    network,
    pinStates,
    agentStates,
    plannedFiles,
    new FetchSchedule(repositories, network, following, log),
    new Announcer(repositories, context.workspaceState, log, dialogs, (model, decision) =>
      reviews.show(model, decision),
    ),
    new LostAnnouncer(repositories, context.workspaceState, log, dialogs, async () => {
      await vscode.commands.executeCommand('belay.doctor');
    }),
    ObjectFiles.register(repositories, log),
    vscode.window.registerFileDecorationProvider(changeDecorations),
    vscode.window.registerFileDecorationProvider(owners),
    createStatusBar(repositories, fenced, every.statusBar),
    registerCommands(app),
  );
  atEnd.push(() => endWindow(own, repositories, log));
  repositories.start();
  setImmediate(() => {
    freshenLaunchers(context).catch((thrown: unknown) => {
      showFailure(app, thrown);
    });
  });
  return createApi(app, reviews, commandIds, dialogs);
}

async function freshenLaunchers(context: vscode.ExtensionContext): Promise<void> {
  const launcher = await import('./ui/features/commandLine/commandLineLauncher');
  await launcher.freshenLaunchers(context);
  const { freshenHookProgram } = await import('./connect/hookLauncher');
  const { hookTarget } = await import('./ui/platform/hookTarget');
  await freshenHookProgram(homedir(), hookTarget(context));
}

/** Ends the window's session, then every git process that is still running, which the first needs. */
async function endWindow(
  own: OwnSession,
  repositories: Repositories,
  log: vscode.LogOutputChannel,
): Promise<void> {
  const limit = new Promise<readonly unknown[]>((resolve) => {
    setTimeout(() => {
      resolve([new Error('it took too long')]);
    }, endLimit).unref();
  });
  try {
    for (const why of await Promise.race([own.endAll(), limit])) {
      // Nothing is blocked by it: its lease names this process, which ends now.
      log.info(`The session of this window could not be ended: ${messageOf(why)}`);
    }
  } finally {
    repositories.dispose();
    log.dispose();
  }
}

/** What is not a subscription: the window's session, and the git processes that end it. */
export async function deactivate(): Promise<void> {
  await Promise.all(atEnd.splice(0).map((end) => end()));
}
