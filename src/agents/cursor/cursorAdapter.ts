import * as v from 'valibot';
import type { Adapter } from '../adapter';
import type { AgentEvent } from '../event';
import { anything, folder, maybe, said, sessionId, taskId, text } from '../fields';
import { toolUse, type ToolNames } from '../tool';

const names: ToolNames = {
  shell: ['Shell', 'run_terminal_cmd'],
  edit: ['Write', 'Edit', 'StrReplace', 'Delete', 'edit_file', 'search_replace', 'delete_file'],
  read: ['Read', 'Grep', 'Glob', 'LS', 'SemanticSearch', 'WebSearch', 'WebFetch', 'TodoWrite'],
};

const payload = v.object({
  conversation_id: sessionId,
  hook_event_name: v.string(),
  workspace_roots: v.looseTuple([folder]),
  cwd: maybe(folder),
  tool_name: text,
  tool_input: anything,
  subagent_id: taskId,
  status: text,
  prompt: said,
});

function read(given: unknown): AgentEvent | undefined {
  const result = v.safeParse(payload, given);
  if (!result.success) {
    return undefined;
  }
  const { conversation_id: session, workspace_roots: roots, subagent_id: child, status } = result.output;
  const common = { session, task: undefined, cwd: result.output.cwd ?? roots[0] };
  const { tool_name: name, tool_input: input } = result.output;
  const tool = name === undefined ? undefined : toolUse(names, name, input);
  switch (result.output.hook_event_name) {
    case 'sessionStart':
      return { ...common, kind: 'session_started' };
    case 'sessionEnd':
      return { ...common, kind: 'session_ended' };
    case 'beforeSubmitPrompt':
      return result.output.prompt ? { ...common, kind: 'prompted' } : undefined;
    case 'preToolUse':
      return tool && { ...common, kind: 'before_tool', tool };
    case 'postToolUse':
      return tool && { ...common, kind: 'after_tool', tool, outcome: 'ok' };
    case 'postToolUseFailure':
      return tool && { ...common, kind: 'after_tool', tool, outcome: 'failed' };
    case 'stop':
      return { ...common, kind: 'turn_ended', outcome: outcomes.get(status ?? '') ?? 'ok' };
    case 'subagentStart':
      return child === undefined ? undefined : { ...common, kind: 'subagent_started', child };
    case 'subagentStop':
      return child === undefined ? undefined : { ...common, kind: 'subagent_ended', child };
    default:
      return undefined;
  }
}

const outcomes = new Map<string, 'failed' | 'interrupted'>([
  ['error', 'failed'],
  ['aborted', 'interrupted'],
]);

/** Cursor, from its documentation; not tried with the real program. */
export const cursorAdapter: Adapter = {
  childSessions: false,
  neverTells: [],
  read,
  refuse: ({ kind, reason }) => ({ permission: kind, user_message: reason, agent_message: reason }),
};
