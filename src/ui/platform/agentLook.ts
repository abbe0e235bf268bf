import * as vscode from 'vscode';
import type { VitalState } from '../../sessions/model';
import { inertLine } from './text/inert';

interface AgentLook {
  readonly name: string;
  readonly icon: string;
  readonly badge: string;
}

const looks = new Map<string, AgentLook>([
  ['claude-code', { name: 'Claude Code', icon: 'sparkle', badge: 'Cl' }],
  ['codex', { name: 'Codex', icon: 'terminal', badge: 'Cx' }],
  ['gemini', { name: 'Gemini', icon: 'star-empty', badge: 'Ge' }],
  ['copilot', { name: 'Copilot', icon: 'copilot', badge: 'Co' }],
  ['cursor', { name: 'Cursor', icon: 'inspect', badge: 'Cu' }],
  ['opencode', { name: 'opencode', icon: 'code', badge: 'Oc' }],
  ['qwen', { name: 'Qwen Code', icon: 'star-half', badge: 'Qw' }],
  ['cline', { name: 'Cline', icon: 'hubot', badge: 'Ci' }],
  ['vscode', { name: 'VS Code', icon: 'vscode', badge: 'Vs' }],
  ['editor', { name: 'Editor', icon: 'person', badge: 'Ed' }],
]);

/** The agent's name for a person; an agent that Belay does not know keeps the name it gave, inert. */
export function agentName(agent: string): string {
  return looks.get(agent)?.name ?? inertLine(agent, 40);
}

/** Agents in a sentence. */
export function agentNames(agents: readonly string[]): string {
  return new Intl.ListFormat(vscode.env.language).format(agents.map(agentName));
}

/** The agent's icon by itself. */
export function agentIconName(agent: string): string {
  return looks.get(agent)?.icon ?? 'robot';
}

/** The agent's icon, in the colour of how its session is. */
export function agentIcon(agent: string, state: VitalState): vscode.ThemeIcon {
  return new vscode.ThemeIcon(agentIconName(agent), stateColor(state));
}

/** Two letters beside a file that this agent's session wrote last. */
export function agentBadge(agent: string): string {
  return looks.get(agent)?.badge ?? 'Ag';
}

/** Green while it is alive, yellow while it is silent; none where nobody is expected to write. */
export function stateColor(state: VitalState): vscode.ThemeColor | undefined {
  switch (state) {
    case 'alive':
      return new vscode.ThemeColor('charts.green');
    case 'silent':
      return new vscode.ThemeColor('charts.yellow');
    case 'lost':
    case 'ended':
      return undefined;
  }
}
