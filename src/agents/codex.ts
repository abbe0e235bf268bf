import type { Adapter } from './adapter';
import { denyHookShape, readHookShape, type Meaning } from './hookShape';

const meanings = new Map<string, Meaning>([
  ['SessionStart', 'session_started'],
  ['PreToolUse', 'before_tool'],
  ['PostToolUse', 'after_tool'],
  ['Stop', 'turn_ended'],
  ['SubagentStart', 'subagent_started'],
  ['SubagentStop', 'subagent_ended'],
  ['SessionEnd', 'session_ended'],
]);

/**
 * Codex, observed with 0.169.0. Its edits are patches in `tool_input.command`, with relative paths; a failed one fires no
 * event after it. An `ask` would count as a failed hook and let the call run, so it is refused instead.
 */
export const codex: Adapter = {
  name: 'codex',
  verified: true,
  childSessions: false,
  read: readHookShape(meanings, {
    shell: ['Bash', 'shell', 'exec_command', 'write_stdin'],
    edit: ['apply_patch'],
    read: ['view_image', 'update_plan', 'web_search'],
  }),
  refuse: denyHookShape,
};
