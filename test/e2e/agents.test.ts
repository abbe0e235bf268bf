import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EditorPage } from '../support/editorPage';
import { builtIn } from '../support/editors';
import { EditorServer } from '../support/editorServer';
import { Diverged } from './diverged';

const settings = `{
  // What this project wants of Claude.
  "permissions": { "deny": ["Read(./.env)"] }
}
`;

/** A person who connects agents: sees what would be written, says yes, and then sees them work. */
describe('a person who connects agents', () => {
  let repo: Diverged;
  let programs: string;
  let server: EditorServer;
  let editor: EditorPage;

  before(async () => {
    repo = Diverged.create('harbor');
    // A hook's own limit is shown elsewhere; here it only has to end.
    repo.workspace.git('config', 'belay.hookTimeout', '60');
    repo.workspace.write('.claude/settings.json', settings);
    // What is looked for is only whether there is a program of that name.
    programs = mkdtempSync(path.join(tmpdir(), 'belay-programs-'));
    for (const name of ['codex', 'gemini']) {
      writeFileSync(path.join(programs, name), '#!/bin/sh\n', { mode: 0o755 });
    }
    // A server of its own: that these programs are on its PATH is what its windows find there.
    server = await EditorServer.start({
      builtIn,
      env: { PATH: `${programs}${path.delimiter}${process.env['PATH'] ?? ''}` },
    });
    editor = await EditorPage.open(server, repo.workspace.folder, { width: 1500, height: 1000 });
    await editor.focusView('Agents');
    await editor.treeRow('Agents', 'Claude Code');
  });

  after(async () => {
    await editor.close();
    await server.stop();
    rmSync(programs, { recursive: true, force: true });
    repo.remove();
  });

  const home = (): string => path.join(server.dataDir, 'home');

  async function enter(): Promise<void> {
    await editor.page.keyboard.press('Enter');
  }

  /** A row of the Agents view, once it says that. */
  async function says(words: RegExp): Promise<string> {
    return await editor.waitFor(`a row like ${String(words)}`, async () =>
      (await editor.treeRows('Agents')).find((text) => words.test(text)),
    );
  }

  /** As claude runs a hook of its settings. */
  function fire(event: string, more: object): { status: number | null; stdout: string } {
    const text = readFileSync(repo.workspace.at('.claude/settings.json'), 'utf8');
    const command = (/\[ -x .*? \|\| true/.exec(text)?.[0] ?? '').replaceAll('\\"', '"');
    assert.ok(command.includes('claude-code'), command);
    const payload = { session_id: 'c0ffee', cwd: repo.workspace.folder, hook_event_name: event, ...more };
    return spawnSync('/bin/sh', ['-c', command], {
      env: { ...process.env, HOME: home(), CLAUDECODE: '1' },
      input: JSON.stringify(payload),
      encoding: 'utf8',
    });
  }

  const bash = (event: string, command: string): { status: number | null; stdout: string } =>
    fire(event, { tool_name: 'Bash', tool_use_id: 't', tool_input: { command } });

  it('is shown who is here, goes on by the keyboard, and sees all that would be written', async () => {
    await editor.page.keyboard.press('F1');
    await editor.page.keyboard.type('Belay: Connect Agents');
    await editor.focusedLine('Connect Agents...');
    await enter();
    await editor.quickInputTitled('Connect Agents');
    const lines = await editor.quickPickLines();
    assert.deepEqual(
      lines.slice(0, 5).map(({ group, label, ticked }) => [group, label, ticked]),
      [
        ['Installed, or used in this repository', 'Claude Code', true],
        ['', 'Codex', true],
        ['', 'Gemini', true],
        ['', 'VS Code Local', false],
        ['Not found on this machine', 'Copilot', false],
      ],
    );
    await editor.screenshot('agents-choose');
    await enter();
    await editor.quickPickSays(/^Where should they be connected\?$/);
    await enter();
    await editor.quickInputTitled('Connect Claude Code, Codex, and Gemini');
    const { files, text } = await editor.multiDiff();
    assert.equal(files[0], 'settings.json');
    assert.match(text, /What this project wants of Claude/);
    assert.match(text, /"PreToolUse"/);
    await editor.screenshot('agents-preview');
    await editor.page.keyboard.press('Escape');
    await editor.quickPickGone();
    assert.equal(readFileSync(repo.workspace.at('.claude/settings.json'), 'utf8'), settings);
    assert.equal(existsSync(path.join(home(), '.belay')), false);
  });

  it('says yes, and hears what each agent still wants', async () => {
    await editor.palette('Belay: Connect Agents');
    await editor.quickInputTitled('Connect Agents');
    await enter();
    await editor.quickPickSays(/^Where should they be connected\?$/);
    await enter();
    await editor.quickInputTitled('Connect Claude Code, Codex, and Gemini');
    await enter();
    await editor.notification('Connected: Claude Code, Codex, and Gemini.');
    const told = (await editor.notificationTexts()).join(' ');
    assert.match(told, /Approve its hooks with \/hooks to activate them: Codex\./);
    assert.deepEqual(await editor.tabs(), []);
    await says(
      /^Claude Code Needs you to trust the folder · connected in this repository · no hook call yet$/,
    );
    await says(/^Codex Needs you to .* · connected in this repository · no hook call yet$/);
    assert.ok(
      readFileSync(repo.workspace.at('.claude/settings.json'), 'utf8').startsWith(
        settings.slice(0, settings.indexOf('\n}')),
      ),
    );
    await editor.screenshot('agents-connected');
    await editor.clearNotifications();
  });

  it('sees an agent at work: heard of, its session, and what each call touched', async () => {
    assert.deepEqual(
      [fire('SessionStart', { source: 'startup' }).status, bash('PreToolUse', 'make').status],
      [0, 0],
    );
    repo.workspace.write('src/made.ts', 'export const made = true;\n');
    assert.equal(bash('PostToolUse', 'make').status, 0);
    await says(/^Claude Code connected in this repository · last hook call (?:just now|[1-9]m(?:in)? ago)$/);
    await editor.focusView('Sessions');
    await editor.expand('Sessions', 'c0ffee');
    await editor.waitFor('the call of the agent', async () =>
      (await editor.treeRows('Sessions')).some((row) => row.startsWith('Bash: what had changed since')),
    );
    await editor.expand('Sessions', 'Bash: what had changed since');
    await editor.treeRow('Sessions', 'made.ts');
    await editor.screenshot('agents-at-work');
  });

  it('gets back with one restore what a command of the agent destroyed', async () => {
    repo.workspace.write('src/unsaved.ts', 'hours of work\n');
    const before = bash('PreToolUse', 'git reset --hard && git clean -fd');
    assert.deepEqual([before.status, before.stdout], [0, '']);
    repo.workspace.git('reset', '--quiet', '--hard');
    repo.workspace.git('clean', '-fdq', 'src');
    bash('PostToolUse', 'git reset --hard && git clean -fd');
    assert.equal(existsSync(repo.workspace.at('src/unsaved.ts')), false);
    await editor.focusView('Sessions');
    await editor.treeRow('Sessions', '#4');
    await editor.rowActionAsks('Sessions', '#3', 'Restore Checkpoint', 'Restore checkpoint');
    await enter();
    await editor.waitFor('the files to be back', () =>
      Promise.resolve(existsSync(repo.workspace.at('src/unsaved.ts'))),
    );
    assert.equal(readFileSync(repo.workspace.at('src/unsaved.ts'), 'utf8'), 'hours of work\n');
    await editor.clearNotifications();
  });

  it('has an agent wait while a question is open', async () => {
    repo.conflict();
    await editor.palette('Belay: Sync with Upstream');
    await editor.treeRow('Needs You', 'conflict');
    const held = bash('PreToolUse', 'make');
    assert.equal(held.status, 0);
    assert.match(held.stdout, /"permissionDecision":"deny"/);
    assert.match(held.stdout, /until a person has decided/);
    await editor.clearNotifications();
  });

  it('disconnects from the row, and the files are what they were', async () => {
    await editor.focusView('Agents');
    await editor.rowMenu('Agents', 'Claude Code', 'Disconnect Agents...');
    await editor.quickInputTitled('Disconnect Claude Code');
    await enter();
    await editor.notification('Disconnected: Claude Code.');
    assert.equal(readFileSync(repo.workspace.at('.claude/settings.json'), 'utf8'), settings);
    await says(/^Claude Code not connected · last hook call /);
    await editor.clearNotifications();
  });
});
