import type { Adapter } from './adapter';
import { readHookShape, refuseHookShape, type Meaning } from './hookShape';

const meanings = new Map<string, Meaning>([
  ['SessionStart', 'session_started'],
  ['PreToolUse', 'before_tool'],
  ['PostToolUse', 'after_tool'],
  ['PostToolUseFailure', 'tool_failed'],
  ['Stop', 'turn_ended'],
  ['StopFailure', 'turn_failed'],
  ['SubagentStart', 'subagent_started'],
  ['SubagentStop', 'subagent_ended'],
  ['SessionEnd', 'session_ended'],
]);

/** Qwen Code, observed with 0.24.4; without a screen it never tells of a session's end. */
export const qwen: Adapter = {
  name: 'qwen',
  verified: true,
  childSessions: false,
  read: readHookShape(meanings, {
    shell: ['run_shell_command'],
    edit: ['write_file', 'edit', 'notebook_edit'],
    read: [
      'read_file',
      'read_many_files',
      'glob',
      'grep_search',
      'list_directory',
      'web_fetch',
      'todo_write',
    ],
  }),
  refuse: refuseHookShape,
};
