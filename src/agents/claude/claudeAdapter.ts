import * as v from 'valibot';
import type { Adapter, HookCall } from '../adapter';
import type { AgentEvent } from '../event';
import { anything } from '../fields';
import { commonEvents, readHookShape, refuseHookShape, type Meaning } from '../hookShape';
import { bounded } from '../tool';

/**
 * Shell lines in the text of a skill or a command are told by an event of their own before they run, and by none afterwards
 * (from 2.1.332 on); any decision but `allow` keeps them from running.
 */
const events = new Map<string, Meaning>([...commonEvents, ['PreSkillShellCommand', 'before_tool']]);

const read = readHookShape(events, {
  shell: ['Bash', 'PowerShell'],
  edit: ['Write', 'Edit', 'MultiEdit'],
  more: ['NotebookEdit'],
  read: [
    ...['Read', 'Glob', 'Grep', 'LS', 'LSP', 'NotebookRead', 'WebFetch', 'WebSearch', 'ToolSearch'],
    ...['TodoWrite', 'TaskCreate', 'TaskGet', 'TaskList', 'TaskUpdate', 'AskUserQuestion', 'EnterPlanMode'],
  ],
});

/** What other programs put into the payloads with which they run claude's hooks. */
const marks = v.object({
  tool_name: anything,
  tool_use_id: anything,
  tool_result: anything,
  cursor_version: anything,
  timestamp: anything,
});

/**
 * copilot runs the hooks of a project's `.claude/settings.json` as well, cursor and VS Code on request. Each has hooks of its
 * own, so that one event must not count twice, and not as claude's. copilot sets `COPILOT_CLI`, claude `CLAUDECODE`
 * (observed with 1.0.102 and 2.1.329); a program that was started by the other one inherits both, and then the call's id,
 * which only claude gives, tells. VS Code says when (1.139.1), which claude never does; started by claude, it is told by the
 * names of its tools.
 */
function isForeign(given: unknown, { environment }: HookCall): boolean {
  const found = v.safeParse(marks, given);
  if (!found.success) {
    return true;
  }
  const { tool_name: name, tool_use_id: id, tool_result: result, cursor_version: cursor } = found.output;
  if (cursor !== undefined || result !== undefined) {
    return true;
  }
  const inCopilot = (environment['COPILOT_CLI'] ?? '') !== '';
  const inClaude = (environment['CLAUDECODE'] ?? '') !== '';
  if (found.output.timestamp !== undefined && (!inClaude || !isClaudes(name))) {
    return true;
  }
  return inCopilot && (!inClaude || (name !== undefined && id === undefined));
}

/** Whether a tool may be claude's: its own begin with a capital letter, those of MCP servers with `mcp__`. */
function isClaudes(name: unknown): boolean {
  return name === undefined || (typeof name === 'string' && /^(?:[A-Z]|mcp__)/.test(name));
}

/** What claude says of a shell's call: the files that it has seen the shell change. There may be more. */
const shellResponse = v.object({
  tool_response: v.object({ bashEditDiff: v.object({ changedFiles: v.array(v.string()) }) }),
});

function withChangedFiles(event: AgentEvent | undefined, given: unknown): AgentEvent | undefined {
  if (event?.kind !== 'after_tool' || event.tool.reach !== 'shell') {
    return event;
  }
  const found = v.safeParse(shellResponse, given);
  const paths = found.success ? bounded(found.output.tool_response.bashEditDiff.changedFiles) : [];
  return { ...event, tool: { ...event.tool, paths } };
}

/** Claude Code, observed with 2.1.329. */
export const claudeAdapter: Adapter = {
  childSessions: false,
  neverTells: [],
  read: (given, call) => (isForeign(given, call) ? undefined : withChangedFiles(read(given, call), given)),
  refuse: refuseHookShape,
};
