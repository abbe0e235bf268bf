import * as vscode from 'vscode';
import type { AgentStatus, ConnectionPlan, Level } from '../../../connect/connectionModel';
import { planConnect, planDisconnect } from '../../../connect/connectPlan';
import type { App } from '../../rows/app';
import { pickModel } from '../../rows/pick';
import { withCancel } from '../../platform/progress';
import type { RepositoryModel } from '../../state/repositoryModel';
import type { AgentNode } from './agentNodes';
import { personalPlaces } from '../../state/agentStates';
import { hookTarget } from '../../platform/hookTarget';
import { agentNames, agentIconName, agentName } from '../../platform/agentLook';
import { tellPlan, writePlan } from './writing';
import { under, type Line } from '../../platform/dialogs';
import { connectionWords } from './connectWords';

/** Belay: Connect Agents. Nothing is written before the person has seen exactly what, and said yes. */
export async function connectAgents(app: App, node: AgentNode | undefined): Promise<void> {
  const model = node?.model ?? (await pickModel(app, vscode.l10n.t('Connect the agents of which worktree?')));
  if (model === undefined) {
    return;
  }
  const agents =
    node === undefined ? await chooseAgents(app, await statusesOf(app, model)) : [node.status.agent];
  if (agents === undefined || agents.length === 0) {
    return;
  }
  const level = await chooseLevel(app);
  if (level !== undefined) {
    await connect(app, model, agents, level);
  }
}

async function connect(
  app: App,
  model: RepositoryModel,
  agents: readonly string[],
  level: Level,
): Promise<void> {
  const plan = await withCancel(vscode.l10n.t("Reading the agents' configuration"), () =>
    planConnect(model.worktree, {
      agents,
      level,
      personal: personalPlaces(),
      target: hookTarget(app.context),
    }),
  );
  const title = vscode.l10n.t('Connect {0}', agentNames(agents));
  if (plan.changes.length === 0 && plan.program === undefined) {
    tellPlan(app, plan, vscode.l10n.t('Nothing to write for {0}.', agentNames(agents)));
    return;
  }
  const written = await writePlan(app, model, plan, {
    title,
    action: vscode.l10n.t('Connect'),
    placeHolder: vscode.l10n.t('The preview behind this prompt shows every change. Press Escape to cancel.'),
  });
  if (written) {
    tellPlan(app, plan, vscode.l10n.t('Connected: {0}.', agentNames(connectedBy(plan))));
  }
}

/** Those for which nothing stood in the way. */
function connectedBy({ agents, obstacles }: ConnectionPlan): readonly string[] {
  const hindered = new Set(obstacles.map(({ agent }) => agent));
  return agents.filter((agent) => !hindered.has(agent));
}

async function statusesOf(app: App, model: RepositoryModel): Promise<readonly AgentStatus[]> {
  await app.agentStates.refresh();
  return app.agentStates.of(model);
}

/** Belay: Disconnect Agents. Takes out what connecting has put in, and nothing else. */
export async function disconnectAgents(app: App, node: AgentNode | undefined): Promise<void> {
  const model =
    node?.model ?? (await pickModel(app, vscode.l10n.t('Disconnect the agents of which worktree?')));
  if (model === undefined) {
    return;
  }
  const connected = (await statusesOf(app, model)).filter(({ connections }) => connections.length > 0);
  if (connected.length === 0) {
    void app.dialogs.tell(vscode.l10n.t('No agent is connected.'));
    return;
  }
  const agents =
    node === undefined
      ? await app.dialogs.several({
          title: vscode.l10n.t('Disconnect Agents'),
          placeHolder: vscode.l10n.t('Which agents should Belay disconnect? Press Escape to cancel.'),
          lines: connected.map((status) => agentLine(status, false)),
        })
      : [node.status.agent];
  if (agents === undefined || agents.length === 0) {
    return;
  }
  const plan = await withCancel(vscode.l10n.t("Reading the agents' configuration"), () =>
    planDisconnect(model.worktree, { agents, level: undefined, personal: personalPlaces() }),
  );
  if (plan.changes.length === 0) {
    tellPlan(app, plan, vscode.l10n.t('Nothing to remove for {0}.', agentNames(agents)));
    return;
  }
  const everywhere = plan.changes.some(({ level }) => level === 'user');
  const written = await writePlan(app, model, plan, {
    title: vscode.l10n.t('Disconnect {0}', agentNames(agents)),
    action: vscode.l10n.t('Disconnect'),
    placeHolder: everywhere
      ? vscode.l10n.t(
          'Your other repositories are disconnected as well: some of this is in your home folder. Press Escape to cancel.',
        )
      : vscode.l10n.t('The preview behind this prompt shows every change. Press Escape to cancel.'),
  });
  if (written) {
    tellPlan(app, { ...plan, notes: [] }, vscode.l10n.t('Disconnected: {0}.', agentNames(agents)));
  }
}

/** Which agents to connect: those that are installed or used here are ticked at first. Undefined when the person left. */
function chooseAgents(app: App, statuses: readonly AgentStatus[]): Promise<readonly string[] | undefined> {
  const isFound = ({ program, used }: AgentStatus): boolean => program !== undefined || used;
  // The editor that asks is here, whether or not its program is on PATH.
  const isHere = (status: AgentStatus): boolean => isFound(status) || status.agent === 'vscode';
  const lines = (some: readonly AgentStatus[]): Line<string>[] =>
    some.map((status) => agentLine(status, isFound(status)));
  return app.dialogs.several({
    title: vscode.l10n.t('Connect Agents'),
    placeHolder: vscode.l10n.t(
      "Which agents' changes should Belay save? Press Enter to continue, Escape to cancel.",
    ),
    lines: [
      ...under(vscode.l10n.t('Installed, or used in this repository'), lines(statuses.filter(isHere))),
      ...under(
        vscode.l10n.t('Not found on this machine'),
        lines(statuses.filter((status) => !isHere(status))),
      ),
    ],
  });
}

function agentLine(status: AgentStatus, picked: boolean): Line<string> {
  const remark = status.verified ? [] : [vscode.l10n.t('not tested with the real program')];
  return {
    label: `$(${agentIconName(status.agent)}) ${agentName(status.agent)}`,
    description: [connectionWords(status), ...remark].join(' · '),
    picked,
    value: status.agent,
  };
}

/** Where to write the configuration; undefined when the person left. */
function chooseLevel(app: App): Promise<Level | undefined> {
  return app.dialogs.one<Level>({
    title: vscode.l10n.t('Connect Agents'),
    placeHolder: vscode.l10n.t('Where should they be connected?'),
    lines: [
      {
        label: `$(repo) ${vscode.l10n.t('In this repository')}`,
        detail: vscode.l10n.t(
          'Writes into the folder of each worktree. Commit the files to share them; without Belay they do nothing.',
        ),
        value: 'project',
      },
      {
        label: `$(home) ${vscode.l10n.t('In all of your repositories')}`,
        detail: vscode.l10n.t(
          'Writes into your home folder. Also works for agents started in a subfolder and for repositories that you clone later.',
        ),
        value: 'user',
      },
    ],
  });
}
