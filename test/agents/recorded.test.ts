import assert from 'node:assert/strict';
import { agentNames } from '../../scripts/agents.mjs';
import { expectAgent, knownAgents } from '../../src/agents/registry';
import { programOf } from '../realAgents/programs/all';
import { eventOf, recorded } from './support';

/** What each recorded payload is to Belay: `agent[/family] event [tool]` and, after the arrow, its gist. */
const expected = `
claude-code SessionStart -> session_started
claude-code UserPromptSubmit -> prompted
claude-code PreToolUse Write -> before_tool edit /repo/bench-a1.txt
claude-code PostToolUse Write -> after_tool edit /repo/bench-a1.txt
claude-code PostToolBatch -> nothing
claude-code PreToolUse Edit -> before_tool edit /repo/bench-a1.txt
claude-code PostToolUse Edit -> after_tool edit /repo/bench-a1.txt
claude-code MessageDisplay -> nothing
claude-code Stop -> turn_ended
claude-code SessionEnd -> session_ended
claude-code PreToolUse Bash -> before_tool shell echo from-shell-a > bench-a3.txt
claude-code PostToolUse Bash -> after_tool shell /repo/bench-a3.txt echo from-shell-a > bench-a3.txt
claude-code PostToolUseFailure Bash -> after_tool failed shell echo to-stderr >&2; exit 3
claude-code PreToolUse Read -> before_tool read
claude-code PostToolUse Read -> after_tool read
claude-code PreToolUse Agent -> before_tool other
claude-code PostToolUse Agent -> after_tool other
claude-code SubagentStart -> subagent_started of a task
claude-code SubagentStop -> subagent_ended of a task
claude-code SessionStart -> session_resumed
claude-code PermissionRequest Write -> nothing
cline/gpt PostToolUse apply_patch -> after_tool edit /repo/bench-a1.txt
cline TaskStart -> session_started
cline PreToolUse editor -> before_tool edit /repo/bench-a1.txt
cline PostToolUse editor -> after_tool edit /repo/bench-a1.txt
cline TaskComplete -> turn_ended
cline TaskError -> turn_ended failed
cline PostToolUse run_commands -> after_tool shell echo from-shell-a > bench-a3.txt
codex/gpt SessionStart -> session_started
codex/gpt UserPromptSubmit -> prompted
codex/gpt PreModelRequest -> nothing
codex/gpt PostModelRequest -> nothing
codex/gpt PreToolUse apply_patch -> before_tool edit bench-a1.txt
codex/gpt PostToolUse apply_patch -> after_tool edit bench-a1.txt
codex/gpt Stop -> turn_ended
codex/gpt SessionEnd -> session_ended
codex/gpt PreToolUse Bash -> before_tool shell echo from-shell-a > bench-a3.txt
codex/gpt PostToolUse Bash -> after_tool shell echo from-shell-a > bench-a3.txt
codex/gpt SessionStart -> session_resumed
codex SessionStart -> session_started
codex UserPromptSubmit -> prompted
codex PreModelRequest -> nothing
codex PostModelRequest -> nothing
codex PreToolUse apply_patch -> before_tool edit bench-a1.txt
codex PostToolUse apply_patch -> after_tool edit bench-a1.txt
codex Stop -> turn_ended
codex SessionEnd -> session_ended
codex PreToolUse Bash -> before_tool shell echo from-shell-a > bench-a3.txt
codex PostToolUse Bash -> after_tool shell echo from-shell-a > bench-a3.txt
codex PreToolUse collaborationspawn_agent -> before_tool other
codex PostToolUse collaborationspawn_agent -> after_tool other
codex SubagentStart -> subagent_started of a task
codex SubagentStop -> subagent_ended of a task
codex SessionStart -> session_resumed
copilot/gpt sessionStart -> session_started
copilot/gpt userPromptSubmitted -> prompted
copilot/gpt preToolUse apply_patch -> before_tool edit /repo/bench-a1.txt
copilot/gpt permissionRequest edit -> nothing
copilot/gpt postToolUse apply_patch -> after_tool edit /repo/bench-a1.txt
copilot/gpt agentStop -> turn_ended
copilot/gpt sessionEnd -> session_ended
copilot/gpt preToolUse bash -> before_tool shell echo from-shell-a > bench-a3.txt
copilot/gpt permissionRequest bash -> nothing
copilot/gpt postToolUse bash -> after_tool shell echo from-shell-a > bench-a3.txt
copilot/gpt postToolUseFailure apply_patch -> after_tool failed edit /repo/README.md
copilot/gpt preToolUse view -> before_tool read
copilot/gpt postToolUse view -> after_tool read
copilot/gpt preToolUse task -> before_tool other
copilot/gpt subagentStart -> subagent_started
copilot/gpt subagentStop -> subagent_ended
copilot/gpt postToolUse task -> after_tool other
copilot/gpt errorOccurred -> turn_ended failed
copilot/gpt sessionStart -> session_resumed
copilot/gpt notification -> nothing
copilot sessionStart -> session_started
copilot userPromptSubmitted -> prompted
copilot preToolUse create -> before_tool edit /repo/bench-a1.txt
copilot permissionRequest edit -> nothing
copilot postToolUse create -> after_tool edit /repo/bench-a1.txt
copilot preToolUse edit -> before_tool edit /repo/bench-a1.txt
copilot postToolUse edit -> after_tool edit /repo/bench-a1.txt
copilot agentStop -> turn_ended
copilot sessionEnd -> session_ended
copilot preToolUse bash -> before_tool shell echo from-shell-a > bench-a3.txt
copilot permissionRequest bash -> nothing
copilot postToolUse bash -> after_tool shell echo from-shell-a > bench-a3.txt
copilot postToolUseFailure edit -> after_tool failed edit /repo/README.md
copilot preToolUse view -> before_tool read
copilot postToolUse view -> after_tool read
copilot preToolUse task -> before_tool other
copilot subagentStart -> subagent_started
copilot subagentStop -> subagent_ended
copilot postToolUse task -> after_tool other
copilot errorOccurred -> turn_ended failed
copilot sessionStart -> session_resumed
copilot notification -> nothing
gemini SessionStart -> session_started
gemini BeforeAgent -> prompted
gemini PreCompress -> nothing
gemini BeforeModel -> nothing
gemini BeforeToolSelection -> nothing
gemini AfterModel -> nothing
gemini BeforeTool write_file -> before_tool edit /repo/bench-a1.txt
gemini AfterTool write_file -> after_tool edit /repo/bench-a1.txt
gemini BeforeTool replace -> before_tool edit /repo/bench-a1.txt
gemini AfterTool replace -> after_tool edit /repo/bench-a1.txt
gemini AfterAgent -> turn_ended
gemini SessionEnd -> session_ended
gemini BeforeTool run_shell_command -> before_tool shell echo from-shell-a > bench-a3.txt
gemini AfterTool run_shell_command -> after_tool shell echo from-shell-a > bench-a3.txt
gemini BeforeTool read_file -> before_tool read
gemini AfterTool read_file -> after_tool read
gemini BeforeTool invoke_agent -> before_tool other
gemini AfterTool invoke_agent -> after_tool other
gemini SessionStart -> session_resumed
opencode/gpt session.created -> session_started
opencode/gpt chat.message -> prompted
opencode/gpt tool.execute.before apply_patch -> before_tool edit bench-a1.txt
opencode/gpt file.edited -> nothing
opencode/gpt tool.execute.after apply_patch -> after_tool edit bench-a1.txt
opencode/gpt session.idle -> turn_ended
opencode/gpt tool.execute.before bash -> before_tool shell echo from-shell-a > bench-a3.txt
opencode/gpt tool.execute.after bash -> after_tool shell echo from-shell-a > bench-a3.txt
opencode/gpt tool.execute.before read -> before_tool read
opencode/gpt tool.execute.after read -> after_tool read
opencode/gpt tool.execute.before task -> before_tool other
opencode/gpt tool.execute.after task -> after_tool other
opencode/gpt session.error -> turn_ended failed
opencode session.created -> session_started
opencode chat.message -> prompted
opencode tool.execute.before write -> before_tool edit /repo/bench-a1.txt
opencode file.edited -> nothing
opencode tool.execute.after write -> after_tool edit /repo/bench-a1.txt
opencode tool.execute.before edit -> before_tool edit /repo/bench-a1.txt
opencode tool.execute.after edit -> after_tool edit /repo/bench-a1.txt
opencode session.idle -> turn_ended
opencode tool.execute.before bash -> before_tool shell echo from-shell-a > bench-a3.txt
opencode tool.execute.after bash -> after_tool shell echo from-shell-a > bench-a3.txt
opencode tool.execute.before read -> before_tool read
opencode tool.execute.after read -> after_tool read
opencode tool.execute.before task -> before_tool other
opencode tool.execute.after task -> after_tool other
opencode session.error -> turn_ended failed
qwen InstructionsLoaded -> nothing
qwen SessionStart -> session_started
qwen Notification -> nothing
qwen UserPromptSubmit -> prompted
qwen PreToolUse write_file -> before_tool edit /repo/bench-a1.txt
qwen PostToolUse write_file -> after_tool edit /repo/bench-a1.txt
qwen PostToolBatch -> nothing
qwen MessageDisplay -> nothing
qwen Stop -> turn_ended
qwen PostToolUseFailure edit -> after_tool failed edit /repo/README.md
qwen SubagentStart -> subagent_started of a task
qwen SubagentStop -> subagent_ended of a task
qwen PostToolUse run_shell_command -> after_tool shell echo from-shell-a > bench-a3.txt
`;

/** An event without what differs from run to run. */
function gist(event: ReturnType<typeof eventOf>): string {
  if (event === undefined) {
    return 'nothing';
  }
  const tool = 'tool' in event ? event.tool : undefined;
  return [
    event.kind,
    'outcome' in event && event.outcome !== 'ok' ? event.outcome : '',
    tool?.reach ?? '',
    ...(tool?.paths ?? []),
    ...(tool?.commands ?? []),
    event.task === undefined ? '' : 'of a task',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

describe('recorded payloads', () => {
  it('mean what they meant when they were recorded, for every agent and model family', () => {
    const lines = recorded().map((one) => {
      const family = one.family === 'default' ? '' : `/${one.family}`;
      return `${one.agent}${family} ${one.event}${one.tool === '' ? '' : ` ${one.tool}`} -> ${gist(eventOf(one))}`;
    });
    assert.deepEqual([...new Set(lines)].toSorted(), expected.trim().split('\n').toSorted());
  });

  it('of every agent that was tried with the real program are there', () => {
    const said = knownAgents.flatMap(({ name, payloads }) => payloads.map((family) => `${name} ${family}`));
    const found = new Set(recorded().map(({ agent, family }) => `${agent} ${family}`));
    assert.deepEqual(
      [...found].toSorted(),
      said.toSorted(),
      'record them into test/agents/payloads, or correct `payloads` in src/agents/<agent>/<agent>.ts',
    );
  });

  it('came from programs that test/realAgents runs, and scripts/agents.mjs installs', () => {
    const tried = knownAgents.filter(({ verified }) => verified).map(({ name }) => name);
    const run = Object.entries(programOf).flatMap(([name, program]) => (program === undefined ? [] : [name]));
    assert.deepEqual(run, tried, 'test/realAgents/programs/all.ts');
    assert.deepEqual([...agentNames].toSorted(), tried.toSorted(), 'scripts/agents.mjs');
  });

  it('keep only ids, names, paths and, to be looked at, commands', () => {
    for (const one of recorded()) {
      const text = JSON.stringify(eventOf(one) ?? {});
      assert.doesNotMatch(
        text,
        /BENCH agent|Bench session|one a|TWO a|transcript|initialPrompt|no-such-text/,
      );
    }
  });
});

describe('what agents run of each other’s hooks', () => {
  const claude = {
    session_id: 's',
    cwd: '/repo',
    hook_event_name: 'PreToolUse',
    tool_name: 'Write',
    tool_input: { file_path: '/repo/a' },
  };
  const own = { ...claude, tool_use_id: 'toolu_1' };
  const kind = (payload: unknown, environment: Readonly<Record<string, string>>): string | undefined =>
    expectAgent('claude-code').adapter.read(payload, { event: undefined, environment })?.kind;

  it('counts once: claude’s hooks run by copilot, cursor or VS Code are not claude’s', () => {
    assert.equal(kind(own, { CLAUDECODE: '1' }), 'before_tool');
    assert.equal(kind(claude, { COPILOT_CLI: '1' }), undefined);
    assert.equal(
      kind(own, { COPILOT_CLI: '1', CLAUDECODE: '1' }),
      'before_tool',
      'claude, started by copilot',
    );
    assert.equal(
      kind(claude, { COPILOT_CLI: '1', CLAUDECODE: '1' }),
      undefined,
      'copilot, started by claude',
    );
    assert.equal(kind({ ...own, tool_result: {} }, { CLAUDECODE: '1' }), undefined);
    assert.equal(kind({ ...own, cursor_version: '3.1' }, {}), undefined);
    assert.equal(
      kind({ ...own, session_id: undefined, sessionId: 's' }, {}),
      undefined,
      'no session, no event',
    );
    const vscodes = { ...own, timestamp: '2026-11-30T20:02:35.709Z', tool_name: 'create_file' };
    assert.equal(kind(vscodes, {}), undefined);
    assert.equal(kind(vscodes, { CLAUDECODE: '1' }), undefined, 'VS Code, started by claude');
    assert.equal(
      kind({ ...own, timestamp: 'now' }, { CLAUDECODE: '1' }),
      'before_tool',
      'a claude that says when',
    );
  });
});
