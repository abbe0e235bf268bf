import * as vscode from 'vscode';
import type { AgentStatus, ConnectionPlan, Level } from '../../../connect/connectionModel';
import { planConnect } from '../../../connect/connectPlan';
import type { App } from '../../rows/app';
import { pickModel } from '../../rows/pick';
import { withCancel } from '../../platform/progress';
import type { RepositoryModel } from '../../state/repositoryModel';
import type { AgentNode } from './agentNodes';
import { personalPlaces } from '../../state/agentStates';
import { chooseAgents, chooseLevel } from './chooseAgents';
import { hookTarget } from '../../platform/hookTarget';
import { agentNames } from '../../platform/agentLook';
import { tellPlan, writePlan } from './writing';

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
