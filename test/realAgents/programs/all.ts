import type { AgentName } from '../../../src/agents/registry';
import { claudeCode } from './claudeCode';
import { cline } from './cline';
import { codex, codexDirect } from './codex';
import { copilot, copilotGpt } from './copilot';
import { gemini } from './gemini';
import { opencode } from './opencode';
import type { AgentProgram } from './program';
import { qwen } from './qwen';

/** How each agent is run offline; undefined: it cannot be, and Belay follows its documentation. */
export const programOf: Readonly<Record<AgentName, AgentProgram | undefined>> = {
  'claude-code': claudeCode,
  codex,
  gemini,
  copilot,
  opencode,
  qwen,
  cline,
  cursor: undefined,
  vscode: undefined,
};

/** Every agent that runs offline. */
export const programs: readonly AgentProgram[] = Object.values(programOf).filter(
  (program) => program !== undefined,
);

/** Agents once more, with models for which they have other tools. */
export const families: readonly AgentProgram[] = [codexDirect, copilotGpt];
