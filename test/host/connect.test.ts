import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { BelayApi, Row } from '../../src/ui/contributions/api';
import type { CommandId } from '../../src/ui/contributions/manifest';
import { api, folder, git, log, patienceMs } from './belay';
import { answerBy, type Prompted } from './scriptedDialogs';

type Answer = string | readonly string[] | undefined;

/** A person connects agents, sees them at work, and disconnects them; the hooks are run as an agent runs them. */
describe('agents', function () {
  this.timeout(400_000);

  let belay: BelayApi;
  let prompted: Prompted[];
  const own = '{\n  // mine\n  "model": "opus",\n  "hooks": {}\n}\n';
  const claude = (): string => path.join(folder(), '.claude', 'settings.json');
  const gemini = (): string => path.join(folder(), '.gemini', 'settings.json');
  const program = path.join(homedir(), '.belay', 'hook');

  before(async () => {
    belay = await api();
    mkdirSync(path.dirname(claude()), { recursive: true });
    writeFileSync(claude(), own);
    // Belay looks after a worktree from its first checkpoint on.
    await belay.takeCheckpoint('Before the agents');
    await vscode.commands.executeCommand('belay.agents.focus');
    await belay.refresh();
  });

  after(async () => {
    for (const name of ['.claude', '.gemini', 'by-claude.txt']) {
      rmSync(path.join(folder(), name), { recursive: true, force: true });
    }
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  beforeEach(() => {
    prompted = [];
    typing();
  });

  /** What the person picks at each prompt; Escape when there is nothing left. */
  function typing(...answers: Answer[]): void {
    answerBy(belay, (one) => {
      prompted.push(one);
      return Promise.resolve(answers[prompted.length - 1]);
    });
  }

  async function row(label: string): Promise<Row | undefined> {
    return (await belay.rows('agents', 2)).find((one) => one.label === label);
  }

  /** The row, once it says that. */
  async function says(label: string, words: RegExp): Promise<Row> {
    for (const began = performance.now(); ;) {
      const found = await row(label);
      if (found !== undefined && words.test(found.description)) {
        return found;
      }
      assert.ok(performance.now() - began < patienceMs, `${label} says: ${found?.description ?? 'nothing'}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  const run = async (command: CommandId): Promise<void> => {
    await vscode.commands.executeCommand(command);
  };

  /** As claude itself runs what its settings say. */
  function fire(command: string, event: string, more: object): void {
    const ended = spawnSync('/bin/sh', ['-c', command], {
      cwd: '/',
      env: { ...process.env, CLAUDECODE: '1' },
      input: JSON.stringify({ session_id: 'c0ffee', cwd: folder(), hook_event_name: event, ...more }),
      encoding: 'utf8',
    });
    assert.deepEqual([ended.status, ended.stdout, ended.stderr], [0, '', '']);
  }

  it('are there because this repository has traces of them, not connected', async () => {
    const found = await says('Claude Code', /^not connected$/);
    assert.equal(found.contextValue, 'agent.apart');
    assert.equal(found.spoken, 'Agent Claude Code, not connected');
  });

  it('are left alone when the person leaves at the preview', async () => {
    typing(['Claude Code', 'Gemini'], 'In this repository', undefined);
    await run('belay.connectAgents');
    assert.deepEqual(
      prompted.map(({ title }) => title),
      ['Connect Agents', 'Connect Agents', 'Connect Claude Code and Gemini'],
    );
    assert.ok(prompted[0]?.offered.some((label) => label.endsWith('Codex')));
    assert.equal(readFileSync(claude(), 'utf8'), own);
    assert.equal(existsSync(gemini()), false);
    assert.equal(existsSync(program), false);
  });

  it('are shown what would be written, file by file, before it is', () => {
    const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
    assert.match(tab?.label ?? '', /^Connect Claude Code and Gemini\b/);
  });

  it('are connected with everything else in their files as it was', async () => {
    typing(['Claude Code', 'Gemini'], 'In this repository', 'Connect');
    await run('belay.connectAgents');
    const text = readFileSync(claude(), 'utf8');
    assert.ok(text.startsWith('{\n  // mine\n  "model": "opus",\n  "hooks": {'), text);
    assert.ok(text.includes('PreToolUse'));
    assert.ok(readFileSync(gemini(), 'utf8').includes('BeforeTool'));
    assert.equal(statSync(program).mode & 0o111, 0o111);
    const found = await says('Claude Code', / · connected in this repository · no hook call yet$/);
    assert.equal(found.contextValue, 'agent.connected');
    assert.ok(found.children.some(({ label }) => label === path.join('.claude', 'settings.json')));
    assert.ok(found.children.some(({ label }) => label === 'No hook call yet'));
    assert.match(found.tooltip ?? '', /Start it|start it/);
  });

  it('write nothing when they are connected once more', async () => {
    const before = readFileSync(claude(), 'utf8');
    typing(['Claude Code'], 'In this repository', 'Connect');
    await run('belay.connectAgents');
    assert.equal(prompted.length, 2, 'there is nothing to say yes to');
    assert.equal(readFileSync(claude(), 'utf8'), before);
  });

  it('are heard from their first hook on, and their session fills in', async () => {
    const [command] = /\[ -x [^\n]*? \|\| true/.exec(readFileSync(claude(), 'utf8')) ?? [];
    assert.ok(command);
    const hook = command.replaceAll('\\"', '"');
    // Its own limit is shown elsewhere; here it only has to end.
    git('config', 'belay.hookTimeout', '60');
    fire(hook, 'SessionStart', { source: 'startup' });
    writeFileSync(path.join(folder(), 'by-claude.txt'), 'claude\n');
    fire(hook, 'PostToolUse', {
      tool_name: 'Write',
      tool_use_id: 't1',
      tool_input: { file_path: path.join(folder(), 'by-claude.txt'), content: 'claude\n' },
    });
    await says(
      'Claude Code',
      /connected in this repository · last hook call (?:just now|[1-9]m(?:in)? ago)$/,
    );
    const [checkpoint] = await log('c0ffee');
    assert.equal(checkpoint?.message, 'Write');
    assert.equal(git('show', `${checkpoint.checkpoint}:by-claude.txt`), 'claude');
    await belay.refresh();
    const session = (await belay.rows('sessions', 3)).find(({ label }) => label === 'c0ffee');
    assert.match(session?.description ?? '', /^Claude Code · /);
    assert.deepEqual(
      session?.children[0]?.children.map(({ label }) => label),
      ['by-claude.txt'],
    );
    fire(hook, 'SessionEnd', { reason: 'other' });
  });

  it('are disconnected from their row, and their files are what they were', async () => {
    assert.ok(belay.testing);
    typing('Disconnect');
    await belay.testing.run('belay.disconnectAgents', 'agents', (await row('Claude Code'))?.id ?? '');
    assert.equal(readFileSync(claude(), 'utf8'), own);
    await says('Claude Code', /^not connected · last hook call /);
    typing(['Gemini'], 'Disconnect');
    prompted = [];
    await run('belay.disconnectAgents');
    assert.deepEqual(
      prompted.map(({ title }) => title),
      ['Disconnect Agents', 'Disconnect Gemini'],
    );
    assert.equal(existsSync(path.dirname(gemini())), false, 'also the folder that was made for it');
  });

  it('with a file that cannot be read are left alone, and the row says so', async () => {
    writeFileSync(claude(), '{ "hooks": ');
    typing(['Claude Code'], 'In this repository', 'Connect');
    await run('belay.connectAgents');
    assert.equal(readFileSync(claude(), 'utf8'), '{ "hooks": ');
    writeFileSync(claude(), own);
  });

  it('can be kept from git commands that drop work', async () => {
    typing('git reset', 'refused');
    await run('belay.protectCommands');
    assert.equal(git('config', 'belay.protect.reset'), 'refuse');
    typing('git reset', 'saved and allowed');
    prompted = [];
    await run('belay.protectCommands');
    assert.throws(() => git('config', 'belay.protect.reset'));
    prompted = [];
    typing('Removal of the .git folder', 'refused');
    await run('belay.protectCommands');
    assert.equal(git('config', 'belay.protect.gitFolder'), 'refuse');
    prompted = [];
    typing('Removal of the .git folder', 'asks you');
    await run('belay.protectCommands');
    assert.throws(() => git('config', 'belay.protect.gitFolder'));
  });
});
