import * as vscode from 'vscode';
import type { AgentStatus, Level } from '../../../connect/connectionModel';
import { agentIconName, agentName } from '../../platform/agentLook';
import type { App } from '../../rows/app';
import { under, type Line } from '../../platform/dialogs';
import { connectionWords } from './connectWords';

/** Which agents to connect: those that are installed or used here are ticked at first. Undefined when the person left. */
export function chooseAgents(
  app: App,
  statuses: readonly AgentStatus[],
): Promise<readonly string[] | undefined> {
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

/** Which of the connected agents to disconnect; none is ticked at first. */
export function chooseConnected(
  app: App,
  statuses: readonly AgentStatus[],
): Promise<readonly string[] | undefined> {
  return app.dialogs.several({
    title: vscode.l10n.t('Disconnect Agents'),
    placeHolder: vscode.l10n.t('Which agents should Belay disconnect? Press Escape to cancel.'),
    lines: statuses.map((status) => agentLine(status, false)),
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
export function chooseLevel(app: App): Promise<Level | undefined> {
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
