import * as v from 'valibot';
import type { Adapter } from '../adapter';
import type { AgentEvent, ToolUse } from '../event';
import { anything, flag, folder, maybe, said, sessionId, taskId, text } from '../fields';
import { toolUse, type ToolNames } from '../tool';

const names: ToolNames = {
  shell: ['Shell', 'run_terminal_cmd'],
  edit: ['Write', 'Edit', 'StrReplace', 'Delete', 'edit_file', 'search_replace', 'delete_file'],
  read: [
    ...['Read', 'Grep', 'Glob', 'LS', 'ReadLints', 'SemanticSearch', 'WebSearch', 'WebFetch'],
    ...['TodoRead', 'TodoWrite'],
  ],
};

const payload = v.object({
  conversation_id: sessionId,
  hook_event_name: v.string(),
  workspace_roots: v.pipe(v.array(folder), v.minLength(1)),
  cwd: maybe(folder),
  tool_name: text,
  tool_input: anything,
  subagent_id: taskId,
  status: text,
  failure_type: text,
  is_interrupt: flag,
  prompt: said,
});

type Payload = v.InferOutput<typeof payload>;

function read(given: unknown): AgentEvent | undefined {
  const result = v.safeParse(payload, given);
  if (!result.success) {
    return undefined;
  }
  const { conversation_id: session, workspace_roots: roots, subagent_id: child, status } = result.output;
  const [first = '', ...others] = roots;
  const common = { session, task: undefined, cwd: result.output.cwd ?? first, alsoIn: others };
  const tool = toolOf(result.output);
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
    case 'postToolUseFailure': {
      const interrupted =
        result.output.is_interrupt === true || result.output.failure_type === 'permission_denied';
      return tool && { ...common, kind: 'after_tool', tool, outcome: interrupted ? 'interrupted' : 'failed' };
    }
    case 'stop':
      return { ...common, kind: 'turn_ended', outcome: outcomes.get(status ?? '') ?? 'ok' };
    case 'subagentStart':
      return child === undefined ? undefined : { ...common, kind: 'subagent_started', child };
    case 'subagentStop':
      // Its documentation names no sub-agent here.
      return { ...common, kind: 'subagent_ended', child: child ?? session };
    default:
      return undefined;
  }
}

/** Where there are several roots and no folder of the call's own, a relative path may mean a file in any of them: it names none. */
function toolOf({
  tool_name: name,
  tool_input: input,
  cwd,
  workspace_roots: roots,
}: Payload): ToolUse | undefined {
  if (name === undefined) {
    return undefined;
  }
  const tool = toolUse(names, name, input);
  const unclear = cwd === undefined && roots.length > 1 && !tool.paths.every((file) => v.is(folder, file));
  return unclear ? { ...tool, paths: [] } : tool;
}

const outcomes = new Map<string, 'failed' | 'interrupted'>([
  ['error', 'failed'],
  ['aborted', 'interrupted'],
]);

/**
 * Cursor, from its documentation of 2026; not tried with the real program. It takes the answer `ask` before a tool, and runs
 * the tool: what a person is to be asked about is refused.
 */
export const cursorAdapter: Adapter = {
  childSessions: false,
  neverTells: [],
  read,
  refuse: ({ reason }) => ({ permission: 'deny', user_message: reason, agent_message: reason }),
};
