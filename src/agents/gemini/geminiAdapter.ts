import type { Adapter } from '../adapter';
import { readHookShape, type Meaning } from '../hookShape';

const meanings = new Map<string, Meaning>([
  ['SessionStart', 'session_started'],
  ['BeforeAgent', 'prompted'],
  ['BeforeTool', 'before_tool'],
  ['AfterTool', 'after_tool'],
  ['AfterAgent', 'turn_ended'],
  ['SessionEnd', 'session_ended'],
]);

/** Gemini CLI, observed with 0.61.0. Its payloads show no sign of a sub-agent, and a failed call looks like any other. */
export const geminiAdapter: Adapter = {
  childSessions: false,
  neverTells: [],
  read: readHookShape(meanings, {
    shell: ['run_shell_command'],
    edit: ['write_file', 'replace'],
    read: [
      'read_file',
      'read_many_files',
      'glob',
      'grep_search',
      'search_file_content',
      'list_directory',
      'web_fetch',
      'google_web_search',
      'write_todos',
    ],
  }),
  refuse: ({ reason }) => ({ decision: 'deny', reason }),
};
