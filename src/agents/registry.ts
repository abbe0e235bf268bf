import type { Adapter } from './adapter';
import { claudeCode } from './claude/claudeAdapter';
import { cline } from './cline/clineAdapter';
import { codex } from './codex/codexAdapter';
import { copilot } from './copilot/copilotAdapter';
import { cursor } from './cursor/cursorAdapter';
import { gemini } from './gemini/geminiAdapter';
import { opencode } from './opencode/opencodeAdapter';
import { qwen } from './qwen/qwenAdapter';
import { vscodeAgent } from './vscode/vscodeAdapter';

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
