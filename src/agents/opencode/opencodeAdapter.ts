import * as v from 'valibot';
import type { Adapter } from '../adapter';
import type { AgentEvent } from '../event';
import { anything, folder, said, sessionId, taskId } from '../fields';
import { toolUse, type ToolNames } from '../tool';

const names: ToolNames = {
  shell: ['bash'],
  edit: ['write', 'edit', 'multiedit', 'apply_patch', 'patch'],
  read: ['read', 'grep', 'glob', 'list', 'webfetch', 'websearch', 'todowrite', 'todoread', 'question'],
};

/** A tool call, as Belay's plugin passes it on. Before it runs the arguments are what the plugin may change. */
const call = v.object({
  cwd: folder,
  hook_event_name: v.picklist(['tool.execute.before', 'tool.execute.after']),
  input: v.object({ sessionID: sessionId, tool: v.string(), args: anything }),
  output: v.fallback(v.optional(v.object({ args: anything })), undefined),
});

/** A person's message. Of its parts Belay's plugin passes on only whether there is text in them. */
const message = v.object({
  cwd: folder,
  hook_event_name: v.literal('chat.message'),
  input: v.object({ sessionID: sessionId }),
  output: v.object({ parts: v.array(v.object({ text: said })) }),
});

const news = v.object({
  cwd: folder,
  event: v.object({
    type: v.string(),
    properties: v.object({
      sessionID: taskId,
      info: v.fallback(v.optional(v.object({ id: taskId, parentID: taskId })), undefined),
    }),
  }),
});

function read(given: unknown): AgentEvent | undefined {
  const called = v.safeParse(call, given);
  if (called.success) {
    const { cwd, hook_event_name: name, input, output } = called.output;
    const before = name === 'tool.execute.before';
    const tool = toolUse(names, input.tool, before ? output?.args : input.args);
    const common = { session: input.sessionID, task: undefined, cwd, tool };
    return before
      ? { ...common, kind: 'before_tool' }
      : // A tool that throws fires no event.
        { ...common, kind: 'after_tool', outcome: 'ok' };
  }
  const sent = v.safeParse(message, given);
  if (sent.success) {
    const { cwd, input, output } = sent.output;
    return output.parts.some(({ text }) => text)
      ? { kind: 'prompted', session: input.sessionID, task: undefined, cwd }
      : undefined;
  }
  const told = v.safeParse(news, given);
  return told.success ? readNews(told.output) : undefined;
}

function readNews({ cwd, event }: v.InferOutput<typeof news>): AgentEvent | undefined {
  const { sessionID, info } = event.properties;
  const session = sessionID ?? info?.id;
  if (session === undefined) {
    return undefined;
  }
  const common = { session, task: undefined, cwd };
  switch (event.type) {
    case 'session.created':
      return info?.parentID === undefined
        ? { ...common, kind: 'session_started' }
        : { ...common, session: info.parentID, kind: 'subagent_started', child: session };
    case 'session.idle':
      return { ...common, kind: 'turn_ended', outcome: 'ok' };
    case 'session.error':
      return { ...common, kind: 'turn_ended', outcome: 'failed' };
    case 'session.deleted':
      return { ...common, kind: 'session_ended' };
    default:
      return undefined;
  }
}

/**
 * opencode, observed with 1.18.33. It has no hook commands: Belay's plugin runs the hook and throws what it prints. The
 * `file.edited` event names no session, and a session that goes on fires none at all.
 */
export const opencodeAdapter: Adapter = {
  childSessions: true,
  neverTells: ['failed_call'],
  read,
  refuse: ({ reason }) => ({ deny: reason }),
};
