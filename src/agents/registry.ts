import { BelayError } from '../errors';
import type { Agent } from './agent';
import { claude } from './claude/claude';
import { cline } from './cline/cline';
import { codex } from './codex/codex';
import { copilot } from './copilot/copilot';
import { cursor } from './cursor/cursor';
import { gemini } from './gemini/gemini';
import { opencode } from './opencode/opencode';
import { qwen } from './qwen/qwen';
import { vscode } from './vscode/vscode';

/** The agents that Belay knows, by their names in checkpoints, in records and on the command line. */
export const agents = {
  'claude-code': claude,
  codex,
  gemini,
  copilot,
  opencode,
  qwen,
  cline,
  cursor,
  vscode,
} satisfies Record<string, Agent>;

export type AgentName = keyof typeof agents;

/** An agent of the registry, with its name there. */
export interface KnownAgent extends Agent {
  readonly name: string;
  /** Whether it was tried with the real program. */
  readonly verified: boolean;
}

export const knownAgents: readonly KnownAgent[] = Object.entries(agents).map(([name, agent]) => ({
  ...agent,
  name,
  verified: agent.payloads.length > 0,
}));

export function agentOf(name: string): KnownAgent | undefined {
  return knownAgents.find((agent) => agent.name === name);
}

/** @throws BelayError `unknown_agent`, naming those that there are. */
export function expectAgent(name: string): KnownAgent {
  const found = agentOf(name);
  if (found === undefined) {
    throw new BelayError('unknown_agent', `Belay knows no agent ${name}. It knows: ${knownAgentNames()}.`);
  }
  return found;
}

/** The names of all agents, for a sentence. */
export function knownAgentNames(): string {
  return knownAgents.map(({ name }) => name).join(', ');
}
