import * as v from 'valibot';
import type { Adapter, HookCall } from '../adapter';
import type { AgentEvent } from '../event';
import { anything, folder, said, sessionId, taskId, text } from '../fields';
import { toolUse, type ToolNames } from '../tool';

const names: ToolNames = {
  shell: ['bash', 'powershell', 'write_bash', 'write_powershell'],
  edit: ['create', 'edit', 'str_replace_editor', 'apply_patch'],
  read: ['view', 'grep', 'glob', 'rg', 'web_fetch', 'report_intent', 'update_todo', 'ask_user'],
};

/** Its events in camel case carry no name, but for those that the command line then gives. */
const payload = v.object({
  sessionId,
  cwd: folder,
  source: text,
  toolName: text,
  toolArgs: anything,
  toolResult: v.fallback(v.optional(v.object({ resultType: text })), undefined),
  agentId: taskId,
  parentAgentId: taskId,
  prompt: said,
});

/** What tells of a call that ended without its effect. */
const bad = new Map<string, 'failed' | 'interrupted'>([
  ['failure', 'failed'],
  ['rejected', 'interrupted'],
  ['denied', 'interrupted'],
]);

function read(given: unknown, { event }: HookCall): AgentEvent | undefined {
  const result = v.safeParse(payload, given);
  // VS Code runs copilot's hooks as well: with a session in snake case, which is not read here.
  if (!result.success || event === undefined) {
    return undefined;
  }
  const { sessionId: own, cwd, source, toolName, toolArgs, toolResult, agentId } = result.output;
  // Where a child's own call says whose child it is, that is its session.
  const parent = result.output.parentAgentId;
  const session = parent ?? own;
  const common = { session, cwd, task: parent === undefined || own === parent ? undefined : own };
  const tool = toolName === undefined ? undefined : toolUse(names, toolName, toolArgs);
  switch (event) {
    case 'sessionStart':
      return { ...common, kind: source === 'resume' ? 'session_resumed' : 'session_started' };
    case 'sessionEnd':
      return { ...common, kind: 'session_ended' };
    case 'userPromptSubmitted':
      return result.output.prompt ? { ...common, kind: 'prompted' } : undefined;
    case 'preToolUse':
      return tool && { ...common, kind: 'before_tool', tool };
    case 'postToolUse':
      return (
        tool && {
          ...common,
          kind: 'after_tool',
          tool,
          outcome: bad.get(toolResult?.resultType ?? '') ?? 'ok',
        }
      );
    case 'postToolUseFailure':
      return tool && { ...common, kind: 'after_tool', tool, outcome: 'failed' };
    case 'agentStop':
      return { ...common, kind: 'turn_ended', outcome: 'ok' };
    case 'errorOccurred':
      return { ...common, kind: 'turn_ended', outcome: 'failed' };
    case 'subagentStart':
      return agentId === undefined ? undefined : { ...common, kind: 'subagent_started', child: agentId };
    case 'subagentStop':
      return agentId === undefined ? undefined : { ...common, kind: 'subagent_ended', child: agentId };
    default:
      return undefined;
  }
}

/**
 * Copilot CLI, observed with 1.0.102. A child has a session id of its own in its tool calls; that it is the child's id in
 * its parent's `subagentStart` is what ties them together. Before a tool, any exit code but 0 stops the call.
 */
export const copilotAdapter: Adapter = {
  childSessions: true,
  neverTells: [],
  read,
  refuse: ({ kind, reason }) => ({ permissionDecision: kind, permissionDecisionReason: reason }),
};
