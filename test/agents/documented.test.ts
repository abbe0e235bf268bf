import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import type { AgentEvent } from '../../src/agents/event';
import { expectAgent, knownAgents } from '../../src/agents/registry';

/**
 * Agents that could not be tried here: what they send is known from where it says. The tools of VS Code stand in its bundled
 * source with their arguments; Cursor's tools in its documentation, and in transcripts.
 */
const sources = {
  vscode: 'the source that VS Code 1.139.1 is built from',
  cursor: 'https://cursor.com/docs/hooks, as of 2026',
} as const;

/** Its kind; of a tool its reach and paths; its outcome, where it is a bad one. */
type Gist = readonly (string | readonly string[])[];

function read(
  agent: keyof typeof sources,
  payload: unknown,
  environment: Readonly<Record<string, string>> = {},
): AgentEvent | undefined {
  return expectAgent(agent).adapter.read(payload, { event: undefined, environment });
}

function gist(event: AgentEvent | undefined): Gist | undefined {
  if (event === undefined) {
    return undefined;
  }
  const outcome = 'outcome' in event && event.outcome !== 'ok' ? [event.outcome] : [];
  return 'tool' in event
    ? [event.kind, event.tool.reach, event.tool.paths, ...outcome]
    : [event.kind, ...outcome];
}

describe('agents from their documentation', () => {
  it('are those that were not tried with the real program', () => {
    const untried = knownAgents.filter(({ payloads }) => payloads.length === 0).map(({ name }) => name);
    assert.deepEqual(untried.toSorted(), Object.keys(sources).toSorted());
  });

  describe(`VS Code’s Local agent, by ${sources.vscode}`, () => {
    const common = { timestamp: '2026-11-30T20:02:35.709Z', session_id: 'v1', cwd: '/repo' };
    const call = (tool_name: string, tool_input: unknown): unknown => ({
      ...common,
      transcript_path: '/x.jsonl',
      hook_event_name: 'PreToolUse',
      tool_name,
      tool_input,
      tool_use_id: 'call_1',
    });
    const file = { filePath: '/repo/a' };
    const calls: readonly (readonly [
      tool: string,
      input: unknown,
      reach: string,
      paths: readonly string[],
    ])[] = [
      ['create_file', { ...file, content: 'x' }, 'edit', ['/repo/a']],
      ['create_directory', { dirPath: '/repo/new' }, 'edit', ['/repo/new']],
      ['replace_string_in_file', { ...file, oldString: 'x', newString: 'y' }, 'edit', ['/repo/a']],
      ['insert_edit_into_file', { ...file, explanation: 'x', code: 'y' }, 'edit', ['/repo/a']],
      ['edit_notebook_file', { filePath: '/repo/n.ipynb', editType: 'insert' }, 'edit', ['/repo/n.ipynb']],
      ['edit_files', { files: ['/repo/a', '/repo/b c'] }, 'edit', ['/repo/a', '/repo/b c']],
      [
        'multi_replace_string_in_file',
        { explanation: 'x', replacements: [file, { filePath: '/repo/b' }, file] },
        'edit',
        ['/repo/a', '/repo/b'],
      ],
      // One of its parts names no file that is known: it may be any.
      ['multi_replace_string_in_file', { replacements: [file, { where: '/repo/b' }] }, 'edit', []],
      ['multi_replace_string_in_file', { replacements: 'all' }, 'edit', []],
      [
        'apply_patch',
        { input: '*** Begin Patch\n*** Update File: /repo/a\n@@\n-x\n+y\n*** End Patch' },
        'edit',
        ['/repo/a'],
      ],
      ['run_in_terminal', { command: 'make', isBackground: false }, 'shell', []],
      ['send_to_terminal', { id: 't', command: 'make' }, 'shell', []],
      ['create_and_run_task', { workspaceFolder: '/repo', task: { command: 'make' } }, 'other', []],
      ['run_notebook_cell', { filePath: '/repo/n.ipynb' }, 'other', []],
      ['runSubagent', { prompt: 'x' }, 'other', []],
      ['mcp_github_push', { path: '/repo/a' }, 'other', []],
      ...['read_file', 'list_dir', 'get_errors', 'get_changed_files', 'view_image', 'manage_todo_list'].map(
        (tool) => [tool, file, 'read', []] as const,
      ),
    ];
    for (const [tool, input, reach, paths] of calls) {
      it(`reads ${tool} ${JSON.stringify(input).slice(0, 60)}`, () => {
        assert.deepEqual(gist(read('vscode', call(tool, input))), ['before_tool', reach, paths]);
      });
    }

    const events: readonly (readonly [event: string, more: object, gist: Gist | undefined])[] = [
      ['SessionStart', { source: 'new' }, ['session_started']],
      ['UserPromptSubmit', { prompt: 'do it' }, ['prompted']],
      ['Stop', { stop_hook_active: false }, ['turn_ended']],
      ['SubagentStart', { agent_id: 'a1', agent_type: 'Plan' }, ['subagent_started']],
      ['SubagentStop', { agent_id: 'a1', agent_type: 'Plan', stop_hook_active: false }, ['subagent_ended']],
      ['SessionEnd', {}, ['session_ended']],
      ['PreCompact', { trigger: 'auto' }, undefined],
    ];
    for (const [hook_event_name, more, expected] of events) {
      it(`reads ${hook_event_name}`, () => {
        assert.deepEqual(gist(read('vscode', { ...common, hook_event_name, ...more })), expected);
      });
    }

    it('has its question answered under its own event', () => {
      const { adapter } = expectAgent('vscode');
      assert.deepEqual(adapter.refuse({ kind: 'ask', reason: 'why' }), {
        hookSpecificOutput: {
          hookEventName: 'PreToolUse',
          permissionDecision: 'ask',
          permissionDecisionReason: 'why',
        },
      });
    });

    it('is not what copilot sends to the same hooks, as recorded', () => {
      const recording = v.parse(
        v.object({
          environment: v.record(v.string(), v.string()),
          examples: v.array(v.object({ event: v.string(), tool: v.string(), payload: v.unknown() })),
        }),
        JSON.parse(fs.readFileSync(path.join(__dirname, 'copilotPascal.json'), 'utf8')),
      );
      for (const { event, tool, payload } of recording.examples) {
        assert.equal(read('vscode', payload, recording.environment), undefined, `${event} ${tool}`);
        if (tool !== '') {
          assert.equal(
            read('vscode', payload),
            undefined,
            `${event} ${tool}, with nothing in the environment`,
          );
        }
      }
      assert.ok(recording.examples.length >= 8);
      // A VS Code that was started from within copilot has its variable, but none of its hooks’.
      assert.equal(read('vscode', call('create_file', file), { COPILOT_CLI: '1' })?.kind, 'before_tool');
    });

    it('is not read by copilot’s hooks, which VS Code runs as well', () => {
      for (const payload of [call('create_file', file), { ...common, hook_event_name: 'SessionStart' }]) {
        for (const event of ['sessionStart', 'preToolUse', 'agentStop']) {
          assert.equal(expectAgent('copilot').adapter.read(payload, { event, environment: {} }), undefined);
        }
      }
    });
  });

  describe(`Cursor, by ${sources.cursor}`, () => {
    const common = {
      conversation_id: 'c1',
      workspace_roots: ['/repo'],
      model_id: 'm',
      cursor_version: '3.11',
    };
    const call = { hook_event_name: 'preToolUse', tool_use_id: 't1', ...common };
    const both = { workspace_roots: ['/repo', '/other'] };
    const cases: readonly (readonly [title: string, payload: unknown, gist: Gist | undefined])[] = [
      ['Shell', { ...call, tool_name: 'Shell', tool_input: { command: 'ls' } }, ['before_tool', 'shell', []]],
      ['Write', { ...call, tool_name: 'Write', tool_input: { path: 'a' } }, ['before_tool', 'edit', ['a']]],
      [
        'Write of a file by its whole path, with several roots',
        { ...call, ...both, tool_name: 'Write', tool_input: { file_path: '/other/a' } },
        ['before_tool', 'edit', ['/other/a']],
      ],
      [
        'Write of a relative path, with several roots: any of them may be meant',
        { ...call, ...both, tool_name: 'Write', tool_input: { path: 'a' } },
        ['before_tool', 'edit', []],
      ],
      [
        'Write of a relative path in the folder of the call',
        { ...call, ...both, cwd: '/other', tool_name: 'Write', tool_input: { path: 'a' } },
        ['before_tool', 'edit', ['a']],
      ],
      ['ReadLints', { ...call, tool_name: 'ReadLints', tool_input: {} }, ['before_tool', 'read', []]],
      ['Task', { ...call, tool_name: 'Task', tool_input: {} }, ['before_tool', 'other', []]],
      [
        'a call that failed',
        { ...call, hook_event_name: 'postToolUseFailure', tool_name: 'Task', failure_type: 'timeout' },
        ['after_tool', 'other', [], 'failed'],
      ],
      [
        'a call that was not permitted',
        {
          ...call,
          hook_event_name: 'postToolUseFailure',
          tool_name: 'Task',
          failure_type: 'permission_denied',
        },
        ['after_tool', 'other', [], 'interrupted'],
      ],
      [
        'a call that was interrupted',
        { ...call, hook_event_name: 'postToolUseFailure', tool_name: 'Task', is_interrupt: true },
        ['after_tool', 'other', [], 'interrupted'],
      ],
      [
        'the end of a sub-agent without its id',
        { ...common, hook_event_name: 'subagentStop', status: 'completed', modified_files: ['a'] },
        ['subagent_ended'],
      ],
      [
        'the end of a sub-agent with its id',
        { ...common, hook_event_name: 'subagentStop', subagent_id: 's1' },
        ['subagent_ended'],
      ],
      [
        'a turn that was aborted',
        { ...common, hook_event_name: 'stop', status: 'aborted' },
        ['turn_ended', 'interrupted'],
      ],
      [
        'a workspace that was opened',
        { hook_event_name: 'workspaceOpen', workspace_roots: ['/repo'] },
        undefined,
      ],
    ];
    for (const [title, payload, expected] of cases) {
      it(`reads ${title}`, () => {
        assert.deepEqual(gist(read('cursor', payload)), expected);
      });
    }

    it('works in the first root, and says the others', () => {
      const event = read('cursor', { ...common, ...both, hook_event_name: 'stop' });
      assert.deepEqual([event?.cwd, event?.alsoIn], ['/repo', ['/other']]);
    });

    it('is told no where a person is to be asked: it runs what is answered with a question', () => {
      for (const kind of ['ask', 'deny'] as const) {
        assert.deepEqual(expectAgent('cursor').adapter.refuse({ kind, reason: 'why' }), {
          permission: 'deny',
          user_message: 'why',
          agent_message: 'why',
        });
      }
    });
  });
});
