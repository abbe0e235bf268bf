import type { Adapter } from '../adapter';
import { commonEvents, readHookShape, refuseHookShape } from '../hookShape';

/** Qwen Code, observed with 0.24.4; without a screen it never tells of a session's end. */
export const qwenAdapter: Adapter = {
  childSessions: false,
  neverTells: [],
  read: readHookShape(commonEvents, {
    shell: ['run_shell_command'],
    edit: ['write_file', 'edit'],
    more: ['notebook_edit'],
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
