import * as vscode from 'vscode';
import { planDisconnect } from '../../../connect/connectPlan';
import type { App } from '../../rows/app';
import { pickModel } from '../../rows/pick';
import { withCancel } from '../../platform/progress';
import type { AgentNode } from './agentNodes';
import { personalPlaces } from '../../state/agentStates';
import { chooseConnected } from './chooseAgents';
import { agentNames } from '../../platform/agentLook';
import { tellPlan, writePlan } from './writing';

/** Belay: Disconnect Agents. Takes out what connecting has put in, and nothing else. */
export async function disconnectAgents(app: App, node: AgentNode | undefined): Promise<void> {
  const model =
    node?.model ?? (await pickModel(app, vscode.l10n.t('Disconnect the agents of which worktree?')));
  if (model === undefined) {
    return;
  }
  await app.agentStates.refresh();
  const connected = (await app.agentStates.of(model)).filter(({ connections }) => connections.length > 0);
  if (connected.length === 0) {
    void app.dialogs.tell(vscode.l10n.t('No agent is connected.'));
    return;
  }
  const agents = node === undefined ? await chooseConnected(app, connected) : [node.status.agent];
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
