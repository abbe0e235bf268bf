import * as vscode from 'vscode';
import { inertLine } from './text/inert';

interface AgentLook {
  readonly name: string;
  readonly icon: string;
}

const looks = new Map<string, AgentLook>([
  ['claude-code', { name: 'Claude Code', icon: 'sparkle' }],
  ['codex', { name: 'Codex', icon: 'terminal' }],
  ['gemini', { name: 'Gemini', icon: 'star-empty' }],
  ['copilot', { name: 'Copilot', icon: 'copilot' }],
  ['cursor', { name: 'Cursor', icon: 'inspect' }],
  ['opencode', { name: 'opencode', icon: 'code' }],
  ['editor', { name: 'Editor', icon: 'person' }],
]);

/** The agent's name for a person; an agent that Belay does not know keeps the name it gave, inert. */
export function agentName(agent: string): string {
  return looks.get(agent)?.name ?? inertLine(agent, 40);
}

/** The agent's icon, in the theme's accent while its session may still be writing. */
export function agentIcon(agent: string, live: boolean): vscode.ThemeIcon {
  const id = looks.get(agent)?.icon ?? 'robot';
  return new vscode.ThemeIcon(id, live ? new vscode.ThemeColor('charts.green') : undefined);
}
