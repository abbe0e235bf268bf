import type { Adapter } from './adapter';
import { claudeCode } from './claudeCode';
import { cline } from './cline';
import { codex } from './codex';
import { copilot } from './copilot';
import { cursor } from './cursor';
import { gemini } from './gemini';
import { opencode } from './opencode';
import { qwen } from './qwen';
import { vscodeAgent } from './vscode';

/** The agents that Belay knows. */
export const adapters: readonly Adapter[] = [
  claudeCode,
  codex,
  gemini,
  copilot,
  opencode,
  qwen,
  cline,
  cursor,
  vscodeAgent,
];

export function adapterOf(name: string): Adapter | undefined {
  return adapters.find((adapter) => adapter.name === name);
}
