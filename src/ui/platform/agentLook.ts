import * as vscode from 'vscode';
import type { AgentLook } from '../../agents/agent';
import { agentOf } from '../../agents/registry';
import type { LivenessState } from '../../sessions/session';
import { inertLine } from './text/inert';

/** The person in the window, who is no agent. */
const editor: AgentLook = { name: 'Editor', icon: 'person', badge: 'Ed' };

function lookOf(agent: string): AgentLook | undefined {
  return agent === 'editor' ? editor : agentOf(agent)?.look;
}

/** The agent's name for a person; an agent that Belay does not know keeps the name it gave, inert. */
export function agentName(agent: string): string {
  return lookOf(agent)?.name ?? inertLine(agent, 40);
}

/** Agents in a sentence. */
export function agentNames(agents: readonly string[]): string {
  return new Intl.ListFormat(vscode.env.language).format(agents.map(agentName));
}

/** The agent's icon by itself. */
export function agentIconName(agent: string): string {
  return lookOf(agent)?.icon ?? 'robot';
}

/** The agent's icon, in the colour of how its session is. */
export function agentIcon(agent: string, state: LivenessState): vscode.ThemeIcon {
  return new vscode.ThemeIcon(agentIconName(agent), stateColor(state));
}

/** Two letters beside a file that this agent's session wrote last. */
export function agentBadge(agent: string): string {
  return lookOf(agent)?.badge ?? 'Ag';
}

/** Green while it is alive, yellow while it is silent; none where nobody is expected to write. */
export function stateColor(state: LivenessState): vscode.ThemeColor | undefined {
  return {
    alive: new vscode.ThemeColor('charts.green'),
    silent: new vscode.ThemeColor('charts.yellow'),
    lost: undefined,
    ended: undefined,
  }[state];
}
