import * as v from 'valibot';
import type { Adapter } from '../adapter';
import { anything } from '../fields';
import { commonEvents, readHookShape, refuseHookShape } from '../hookShape';

const read = readHookShape(commonEvents, {
  shell: ['runInTerminal', 'run_in_terminal'],
  edit: [
    'createFile',
    'create_file',
    'editFiles',
    'replace_string_in_file',
    'insert_edit_into_file',
    'apply_patch',
  ],
  read: [
    'readFile',
    'read_file',
    'grep_search',
    'file_search',
    'semantic_search',
    'list_dir',
    'fetch_webpage',
  ],
});

/** Two of its fields are in camel case. */
const payload = v.looseObject({ sessionId: anything, hookEventName: anything });

/** VS Code's own agent mode, from its documentation; not tried with the real program. */
export const vscodeAdapter: Adapter = {
  childSessions: false,
  neverTells: ['failed_call'],
  read: (given, call) => {
    const found = v.safeParse(payload, given);
    return found.success
      ? read(
          {
            ...found.output,
            session_id: found.output.sessionId,
            hook_event_name: found.output.hookEventName,
          },
          call,
        )
      : undefined;
  },
  refuse: refuseHookShape,
};
