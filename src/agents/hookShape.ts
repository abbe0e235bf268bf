import * as v from 'valibot';
import type { Adapter, Refusal } from './adapter';
import type { EventKind } from './event';
import { anything, flag, folder, said, sessionId, taskId, text } from './fields';
import { toolUse, type ToolNames } from './tool';

/** What one of an agent's events means. */
export type Meaning =
  Exclude<EventKind, 'session_resumed'> | 'tool_failed' | 'turn_failed' | 'turn_interrupted';

/** The events that claude has made common, under its names; an agent that took them over may send fewer. */
export const commonEvents: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['SessionStart', 'session_started'],
  ['UserPromptSubmit', 'prompted'],
  ['PreToolUse', 'before_tool'],
  ['PostToolUse', 'after_tool'],
  ['PostToolUseFailure', 'tool_failed'],
  ['Stop', 'turn_ended'],
  ['StopFailure', 'turn_failed'],
  ['SubagentStart', 'subagent_started'],
  ['SubagentStop', 'subagent_ended'],
  ['SessionEnd', 'session_ended'],
]);

/** The event before a tool, by its common name. */
const usualEvent = 'PreToolUse';

/** The shape that claude has made common: snake case, one level. */
const payload = v.object({
  session_id: sessionId,
  cwd: folder,
  hook_event_name: v.string(),
  source: text,
  agent_id: taskId,
  tool_name: text,
  tool_input: anything,
  is_interrupt: flag,
  prompt: said,
});

/** Sources of a session's start that go on with what was there. */
const goingOn = new Set(['resume', 'compact']);

/** Reads payloads of that shape. What has no event of that name, or lacks a session or a folder, is nobody's matter. */
export function readHookShape(meanings: ReadonlyMap<string, Meaning>, names: ToolNames): Adapter['read'] {
  return (given) => {
    const result = v.safeParse(payload, given);
    if (!result.success) {
      return undefined;
    }
    const { session_id: session, cwd, agent_id: task, source, tool_name: name, ...rest } = result.output;
    const meaning = meanings.get(rest.hook_event_name);
    const common = { session, cwd, task };
    switch (meaning) {
      case undefined:
        return undefined;
      case 'session_started':
        return { ...common, kind: goingOn.has(source ?? '') ? 'session_resumed' : 'session_started' };
      case 'session_ended':
        return { ...common, kind: meaning };
      case 'before_tool':
        return name === undefined
          ? undefined
          : {
              ...common,
              kind: meaning,
              tool: toolUse(names, name, rest.tool_input),
              ...(rest.hook_event_name === usualEvent ? {} : { told: rest.hook_event_name }),
            };
      case 'prompted':
        return rest.prompt ? { ...common, kind: meaning } : undefined;
      case 'after_tool':
      case 'tool_failed': {
        if (name === undefined) {
          return undefined;
        }
        const failed = rest.is_interrupt === true ? 'interrupted' : 'failed';
        const tool = toolUse(names, name, rest.tool_input);
        return { ...common, kind: 'after_tool', tool, outcome: meaning === 'tool_failed' ? failed : 'ok' };
      }
      case 'turn_ended':
        return { ...common, kind: meaning, outcome: 'ok' };
      case 'turn_failed':
        return { ...common, kind: 'turn_ended', outcome: 'failed' };
      case 'turn_interrupted':
        return { ...common, kind: 'turn_ended', outcome: 'interrupted' };
      case 'subagent_started':
      case 'subagent_ended':
        return task === undefined ? undefined : { ...common, kind: meaning, child: task };
    }
  };
}

/** The answer of the same family. */
export function refuseHookShape({ kind, reason, told }: Refusal): unknown {
  return {
    hookSpecificOutput: {
      hookEventName: told ?? usualEvent,
      permissionDecision: kind,
      permissionDecisionReason: reason,
    },
  };
}

/** For agents that know no question to a person: what a person is to be asked about is refused, and the words say so. */
export function denyHookShape(refusal: Refusal): unknown {
  return refuseHookShape({ ...refusal, kind: 'deny' });
}
