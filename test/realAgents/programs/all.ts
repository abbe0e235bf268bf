import { claudeCode } from './claudeCode';
import { cline } from './cline';
import { codex, codexDirect } from './codex';
import { copilot, copilotGpt } from './copilot';
import { gemini } from './gemini';
import { opencode } from './opencode';
import type { AgentProgram } from './program';
import { qwen } from './qwen';

/** Every agent that runs offline. */
export const programs: readonly AgentProgram[] = [claudeCode, codex, gemini, copilot, opencode, qwen, cline];

/** Agents once more, with models for which they have other tools. */
export const families: readonly AgentProgram[] = [codexDirect, copilotGpt];
