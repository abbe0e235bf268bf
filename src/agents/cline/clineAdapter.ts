import * as v from 'valibot';
import type { Adapter } from '../adapter';
import type { AgentEvent } from '../event';
import { anything, flag, folder, sessionId, taskId } from '../fields';
import { toolUse, type ToolNames } from '../tool';

const names: ToolNames = {
  shell: ['run_commands', 'execute_command'],
  edit: ['editor', 'apply_patch', 'write_to_file', 'replace_in_file'],
  read: ['read_files', 'read_file', 'list_files', 'search_files', 'fetch_web', 'ask_followup_question'],
};

const called = v.fallback(v.optional(v.object({ name: v.string(), input: anything })), undefined);

/** Its `taskId` is one per run of an agent; what stays is the root session's. */
const payload = v.object({
  hookName: v.string(),
  sessionContext: v.object({ rootSessionId: sessionId }),
  workspaceRoots: v.looseTuple([folder]),
  agent_id: taskId,
  parent_agent_id: taskId,
  tool_call: called,
  tool_result: called,
  postToolUse: v.fallback(v.optional(v.object({ success: flag })), undefined),
});

function read(given: unknown): AgentEvent | undefined {
  const result = v.safeParse(payload, given);
  if (!result.success) {
    return undefined;
  }
  const { sessionContext, workspaceRoots, agent_id: own, parent_agent_id: parent } = result.output;
  const task = parent === undefined ? undefined : own;
  const common = { session: sessionContext.rootSessionId, task, cwd: workspaceRoots[0] };
  switch (result.output.hookName) {
    case 'agent_start':
      return task === undefined
        ? { ...common, kind: 'session_started' }
        : { ...common, kind: 'subagent_started', child: task };
    case 'agent_resume':
      return { ...common, kind: 'session_resumed' };
    case 'tool_call':
      return use(result.output.tool_call, (tool) => ({ ...common, kind: 'before_tool', tool }));
    case 'tool_result': {
      const outcome = result.output.postToolUse?.success === false ? 'failed' : 'ok';
      return use(result.output.tool_result, (tool) => ({ ...common, kind: 'after_tool', tool, outcome }));
    }
    case 'agent_end':
      return task === undefined
        ? { ...common, kind: 'turn_ended', outcome: 'ok' }
        : { ...common, kind: 'subagent_ended', child: task };
    case 'agent_error':
      return { ...common, kind: 'turn_ended', outcome: 'failed' };
    case 'agent_abort':
      return { ...common, kind: 'turn_ended', outcome: 'interrupted' };
    case 'session_shutdown':
      return { ...common, kind: 'session_ended' };
    default:
      return undefined;
  }
}

function use(
  call: v.InferOutput<typeof called>,
  event: (tool: ReturnType<typeof toolUse>) => AgentEvent,
): AgentEvent | undefined {
  return call === undefined ? undefined : event(toolUse(names, call.name, call.input));
}

/** Cline, observed with 3.0.65. It takes no notice of exit codes, and knows no question to a person. */
export const clineAdapter: Adapter = {
  childSessions: false,
  neverTells: ['prompt'],
  read,
  refuse: ({ reason }) => ({ cancel: true, errorMessage: reason }),
};
