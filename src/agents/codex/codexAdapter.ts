import type { Adapter } from '../adapter';
import { commonEvents, denyHookShape, readHookShape, type Meaning } from '../hookShape';

/** It tells of a turn that its user has interrupted from 0.171 on. */
const events = new Map<string, Meaning>([...commonEvents, ['Interrupt', 'turn_interrupted']]);

/**
 * Codex, observed with 0.169.0. Its edits are patches in `tool_input.command`, with relative paths; a failed one fires no
 * event after it. An `ask` would count as a failed hook and let the call run, so it is refused instead.
 */
export const codexAdapter: Adapter = {
  childSessions: false,
  neverTells: ['failed_call'],
  read: readHookShape(events, {
    shell: ['Bash', 'shell', 'exec_command', 'write_stdin'],
    edit: ['apply_patch'],
    read: ['view_image', 'update_plan', 'web_search'],
  }),
  refuse: denyHookShape,
};
