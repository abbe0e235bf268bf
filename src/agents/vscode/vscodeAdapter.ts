import * as v from 'valibot';
import type { Adapter, HookCall } from '../adapter';
import { anything } from '../fields';
import { commonEvents, readHookShape, refuseHookShape } from '../hookShape';

const read = readHookShape(commonEvents, {
  shell: ['run_in_terminal', 'send_to_terminal'],
  edit: [
    ...['create_file', 'create_directory', 'edit_files', 'edit_notebook_file'],
    ...['replace_string_in_file', 'multi_replace_string_in_file', 'insert_edit_into_file', 'apply_patch'],
  ],
  read: [
    ...['read_file', 'list_dir', 'file_search', 'grep_search', 'semantic_search', 'fetch_webpage'],
    ...['get_errors', 'get_changed_files', 'view_image', 'manage_todo_list', 'tool_search', 'skill'],
    'vscode_askQuestions',
  ],
});

/** What copilot gives, or does not, where it runs these hooks. */
const marks = v.object({ tool_name: anything, tool_use_id: anything, tool_result: anything });

/**
 * copilot's command line runs whatever lies in this folder, too, and answers events of these names in the same shape, with the
 * same time stamp. It sets `COPILOT_HOOK_DIR` for each hook, gives no call an id, and calls a result `tool_result` (recorded
 * with 1.0.102).
 */
function isCopilots(given: unknown, { environment }: HookCall): boolean {
  const found = v.safeParse(marks, given);
  if (!found.success || (environment['COPILOT_HOOK_DIR'] ?? '') !== '') {
    return true;
  }
  const { tool_name: name, tool_use_id: id, tool_result: result } = found.output;
  return result !== undefined || (name !== undefined && id === undefined);
}

/**
 * VS Code's Local agent, as 1.139.1 itself sends it (its bundled source; its documentation still has older names); not tried
 * with the real program. Agents of its Agent Host run the hooks of copilot, claude and codex instead.
 */
export const vscodeAdapter: Adapter = {
  childSessions: false,
  neverTells: ['failed_call'],
  read: (given, call) => (isCopilots(given, call) ? undefined : read(given, call)),
  refuse: refuseHookShape,
};
