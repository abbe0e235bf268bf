import type { Field } from '../../src/agents/coverage';
import type { AgentName } from '../../src/agents/registry';

/** A hook's payload as one agent sends it, and the event that its command line names. */
export interface Told {
  readonly payload: unknown;
  readonly event?: string;
}

/** A tool as an agent calls it. */
interface Tool {
  readonly name: string;
  readonly input: unknown;
}

type Telling = 'before' | 'after' | 'failed';

/** How one agent tells of its calls. */
export interface Maker {
  /** The tool for each field; `file` is what an edit names, `place` where a call leads that may change anything. */
  readonly tool: (field: Field, file: string, place: string) => Tool;
  /** Undefined where the agent tells nothing of that. */
  readonly call: (telling: Telling, cwd: string, tool: Tool) => Told | undefined;
  readonly prompt: (cwd: string, text: string) => Told | undefined;
}

const session = 's-1';

function tools(names: { read: string; edit: string; shell: string }, edited = fileInput): Maker['tool'] {
  return (field, file, place) => {
    switch (field) {
      case 'read':
        return { name: names.read, input: { file_path: file } };
      case 'edit':
        return { name: names.edit, input: edited(file) };
      case 'edit_unnamed':
        return { name: names.edit, input: { where: file, folder: place } };
      case 'shell':
        return { name: names.shell, input: { command: `cd '${place}' && make` } };
      case 'other':
        return { name: 'mcp__files__write', input: { root: place, what: 'x' } };
    }
  };
}

function fileInput(file: string): unknown {
  return { file_path: file };
}

function patch(file: string): unknown {
  return { command: `*** Begin Patch\n*** Update File: ${file}\n*** End Patch` };
}

/** The shape that claude has made common. */
function hookShape(
  tool: Maker['tool'],
  events: { before: string; after: string; failed: string | undefined; prompt: string },
): Maker {
  const told = (name: string, cwd: string, more: object): Told => ({
    payload: { session_id: session, cwd, hook_event_name: name, ...more },
  });
  return {
    tool,
    call: (telling, cwd, { name, input }) => {
      const event = events[telling];
      const more = { tool_name: name, tool_input: input, tool_use_id: 't' };
      return event === undefined ? undefined : told(event, cwd, more);
    },
    prompt: (cwd, prompt) => told(events.prompt, cwd, { prompt }),
  };
}

const common = { before: 'PreToolUse', after: 'PostToolUse', prompt: 'UserPromptSubmit' };

const byName: Readonly<Record<AgentName, Maker>> = {
  'claude-code': hookShape(tools({ read: 'Read', edit: 'Write', shell: 'Bash' }), {
    ...common,
    failed: 'PostToolUseFailure',
  }),
  codex: hookShape(tools({ read: 'view_image', edit: 'apply_patch', shell: 'Bash' }, patch), {
    ...common,
    failed: undefined,
  }),
  gemini: hookShape(tools({ read: 'read_file', edit: 'write_file', shell: 'run_shell_command' }), {
    before: 'BeforeTool',
    after: 'AfterTool',
    failed: 'AfterTool',
    prompt: 'BeforeAgent',
  }),
  qwen: hookShape(tools({ read: 'read_file', edit: 'write_file', shell: 'run_shell_command' }), {
    ...common,
    failed: 'PostToolUseFailure',
  }),
  copilot: {
    tool: tools({ read: 'view', edit: 'create', shell: 'bash' }),
    call: (telling, cwd, { name, input }) => ({
      event: { before: 'preToolUse', after: 'postToolUse', failed: 'postToolUseFailure' }[telling],
      payload: { sessionId: session, cwd, toolName: name, toolArgs: input },
    }),
    prompt: (cwd, prompt) => ({
      event: 'userPromptSubmitted',
      payload: { sessionId: session, cwd, prompt },
    }),
  },
  opencode: {
    tool: tools({ read: 'read', edit: 'write', shell: 'bash' }),
    call: (telling, cwd, { name, input: args }) =>
      telling === 'failed'
        ? undefined
        : {
            payload: {
              hook_event_name: `tool.execute.${telling}`,
              cwd,
              input: { sessionID: session, tool: name, args },
              output: { args },
            },
          },
    prompt: (cwd, text) => ({
      payload: {
        hook_event_name: 'chat.message',
        cwd,
        input: { sessionID: session },
        output: { parts: [{ type: 'text', text }] },
      },
    }),
  },
  cline: {
    tool: tools({ read: 'read_files', edit: 'editor', shell: 'run_commands' }),
    call: (telling, cwd, call) => ({
      payload: {
        hookName: telling === 'before' ? 'tool_call' : 'tool_result',
        sessionContext: { rootSessionId: session },
        workspaceRoots: [cwd],
        tool_call: call,
        tool_result: call,
        postToolUse: { success: telling === 'after' },
      },
    }),
    prompt: () => undefined,
  },
  cursor: {
    tool: tools({ read: 'Read', edit: 'Write', shell: 'Shell' }),
    call: (telling, cwd, { name, input }) => ({
      payload: {
        conversation_id: session,
        workspace_roots: [cwd],
        hook_event_name: { before: 'preToolUse', after: 'postToolUse', failed: 'postToolUseFailure' }[
          telling
        ],
        tool_name: name,
        tool_input: input,
      },
    }),
    prompt: (cwd, prompt) => ({
      payload: {
        conversation_id: session,
        workspace_roots: [cwd],
        hook_event_name: 'beforeSubmitPrompt',
        prompt,
      },
    }),
  },
  vscode: {
    tool: tools({ read: 'read_file', edit: 'create_file', shell: 'run_in_terminal' }),
    call: (telling, cwd, { name, input }) =>
      telling === 'failed'
        ? undefined
        : {
            payload: {
              timestamp: '2026-11-30T20:02:35.709Z',
              session_id: session,
              hook_event_name: telling === 'before' ? 'PreToolUse' : 'PostToolUse',
              cwd,
              tool_name: name,
              tool_input: input,
              tool_use_id: 'call_1',
            },
          },
    prompt: (cwd, prompt) => ({
      payload: { session_id: session, hook_event_name: 'UserPromptSubmit', cwd, prompt },
    }),
  },
};

/** One for each agent that Belay knows, by its name. */
export const makers: ReadonlyMap<string, Maker> = new Map(Object.entries(byName));
