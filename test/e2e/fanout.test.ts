import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EditorPage } from '../support/editorPage';
import { borrowServer, giveBack } from '../support/editors';
import type { EditorServer } from '../support/editorServer';
import { Diverged } from './diverged';
import { ReviewPage } from './reviewPage';

/** A person who keeps several agents' worktrees on one commit: the whole round, from the pin to the removal. */
describe('a person who pins worktrees', () => {
  let repo: Diverged;
  let server: EditorServer;
  let editor: EditorPage;

  before(async () => {
    repo = Diverged.create('harbor', '*.secret');
    repo.push({ 'src/berths.ts': 'export const berths = 12;\n' }, 'Twelve berths');
    server = await borrowServer();
    editor = await EditorPage.open(server, repo.workspace.folder, { width: 1500, height: 1000 });
    await editor.focusView('Worktrees');
    await editor.treeRow('Worktrees', 'harbor');
  });

  after(async () => {
    await editor.close();
    await giveBack(server);
    repo.remove();
  });

  const beside = (name: string): string => path.join(repo.workspace.base, `harbor-${name}`);
  const at = (where: string, ...args: string[]): string =>
    execFileSync('git', args, { cwd: where, encoding: 'utf8' }).trim();
  const head = (name: string): string => at(beside(name), 'rev-parse', 'HEAD');
  const upstream = (): string => at(path.join(repo.workspace.base, 'upstream.git'), 'rev-parse', 'main');

  /** A row of the Worktrees view, once it says that. */
  async function says(words: RegExp): Promise<string> {
    return await editor.waitFor(`a row like ${String(words)}`, async () =>
      (await editor.treeRows('Worktrees')).find((text) => words.test(text)),
    );
  }

  async function enter(): Promise<void> {
    await editor.page.keyboard.press('Enter');
  }

  /** The note below an input box. */
  async function note(words: RegExp): Promise<void> {
    const message = editor.page.locator('.quick-input-widget:visible .quick-input-message');
    await editor.waitFor(`a note like ${String(words)}`, async () => words.test(await message.innerText()));
  }

  async function tick(label: string): Promise<void> {
    const before = (await editor.quickPickLines()).find((line) => line.label === label)?.ticked;
    await editor.moveTo(label);
    await editor.page.keyboard.press('Space');
    await editor.waitFor(`${label} to be ticked or not`, async () =>
      (await editor.quickPickLines()).some((line) => line.label === label && line.ticked !== before),
    );
  }

  it('pins what a branch stands for after a fetch, by the keyboard alone, and brings the worktree there', async () => {
    const theirs = upstream();
    await editor.page.keyboard.press('F1');
    await editor.page.keyboard.type('Belay: Pin Worktrees to Commit');
    await editor.focusedLine('Pin Worktrees to Commit...');
    await enter();
    await editor.quickInputTitled('Pin Worktrees to Commit');
    await editor.quickPickSays(/^Choose a branch or tag, or type a commit's name or id$/);
    const lines = await editor.quickPickLines();
    assert.deepEqual(
      lines.map(({ label, group }) => [group, label]),
      [
        ['Followed by the current branch', 'origin/main'],
        ['Branches', 'main'],
        ['Remote branches', 'origin/main'],
      ],
    );
    await editor.screenshot('fanout-source');
    await enter();
    await editor.quickInputTitled('Pin origin/main');
    await editor.quickPickSays(/as of the last fetch\)$/);
    assert.match((await editor.quickPickLines())[0]?.label ?? '', /^[0-9a-f]{8} Harbor 1\.0$/);
    await editor.moveTo('Fetch First');
    await enter();
    await editor.quickPickSays(/^Resolved on the remote just now$/);
    const [fetched] = await editor.quickPickLines();
    assert.equal(fetched?.label, `${theirs.slice(0, 8)} Twelve berths`);
    assert.ok(fetched.detail.includes(theirs));
    await editor.screenshot('fanout-resolved');
    await enter();
    await editor.quickInputTitled(`Pin origin/main at ${theirs.slice(0, 8)}`);
    await enter();
    await editor.quickInputTitled(`Pinned: main at ${theirs.slice(0, 8)}`);
    assert.deepEqual(
      (await editor.quickPickLines()).map(({ label, ticked }) => [label, ticked]),
      [['harbor', true]],
    );
    await enter();
    await editor.notification('harbor was fast-forwarded to the pin main.');
    assert.equal(repo.workspace.git('rev-parse', 'HEAD'), theirs);
    await says(
      new RegExp(
        `^main ${theirs.slice(0, 8)} · from origin/main · set by you · (?:just now|[1-9]m(?:in)? ago)$`,
      ),
    );
    await says(/^harbor on the pin · main · base /);
    await editor.clearNotifications();
  });

  it('makes worktrees for agents with names that are shown beforehand', async () => {
    await editor.rowMenu('Worktrees', 'set by you', 'New Worktrees for Agents...');
    await editor.quickInputTitled('New worktrees at the pin main at ');
    await editor.inputBox('0');
    await note(/^Type a whole number from 1 to 100\./);
    await editor.inputBox('3');
    await note(/^Creates agent-1, agent-2, agent-3\. Folders beside the repository: harbor-agent-1…/);
    await editor.screenshot('fanout-names');
    await enter();
    await editor.notification('3 of 3 worktrees were created at main at ');
    for (const name of ['agent-1', 'agent-2', 'agent-3']) {
      await says(new RegExp(`^harbor-${name} on the pin · ${name} · base `));
      assert.equal(head(name), upstream());
      assert.equal(at(beside(name), 'rev-parse', '--abbrev-ref', '@{upstream}'), 'origin/main');
    }
    await editor.screenshot('fanout-agents');
    await editor.clearNotifications();
  });

  it('updates the pin from upstream, sees from where to where, and who stays behind', async () => {
    const old = upstream();
    repo.push({ 'src/prices.ts': "export const price = 'theirs';\n" }, 'Prices in cents');
    await editor.rowActionAsks('Worktrees', 'set by you', 'Update Pin from Upstream', 'Move pin main: ');
    await editor.quickInputTitled(
      `Move pin main: ${old.slice(0, 8)} to ${upstream().slice(0, 8)} Prices in cents`,
    );
    await editor.quickPickSays(/^Enter moves the pin and the ticked worktrees$/);
    await editor.quickPickLines();
    await tick('harbor-agent-2');
    await tick('harbor-agent-3');
    await editor.screenshot('fanout-update');
    await enter();
    await editor.notification('2 of 2 worktrees are on the pin main.');
    await says(/^harbor-agent-1 on the pin · /);
    await says(/^harbor-agent-2 1 behind the pin · /);
    const hover = await editor.hover(await editor.treeRow('Worktrees', 'from origin/main'));
    for (const part of [`Commit: ${upstream()}`, 'Set by: you', `Before: ${old.slice(0, 8)}`]) {
      assert.ok(hover.includes(part), `${part} is not in: ${hover}`);
    }
    await editor.page.mouse.move(0, 0);
    await editor.clearNotifications();
  });

  it('sees where work stands that an agent goes on with', async () => {
    writeFileSync(path.join(beside('agent-1'), 'own.ts'), 'export const own = 1;\n');
    at(beside('agent-1'), 'add', '--all');
    at(beside('agent-1'), 'commit', '--quiet', '--message=Own');
    await says(/^harbor-agent-1 1 ahead of the pin · /);
    writeFileSync(path.join(beside('agent-3'), 'src', 'prices.ts'), "export const price = 'ours';\n");
    at(beside('agent-3'), 'commit', '--quiet', '--all', '--message=Ours');
    await says(/^harbor-agent-3 diverged from the pin: 1 ahead, 1 behind · /);
    writeFileSync(path.join(beside('agent-2'), 'draft.ts'), 'export const draft = 1;\n');
    await repo.workspace.checkpoint({
      session: 'agent-two',
      agent: 'codex',
      message: 'Draft',
      folder: beside('agent-2'),
    });
    await says(/^harbor-agent-2 1 behind the pin · uncommitted changes · /);
    const spoken = await editor.spokenRows('Worktrees');
    assert.ok(
      spoken.some((text) =>
        text.startsWith('Worktree harbor-agent-2, 1 behind the pin, uncommitted changes, '),
      ),
      spoken.join('\n'),
    );
    await editor.screenshot('fanout-states');
  });

  it('applies the pin to all, and hears of all in one sentence', async () => {
    await editor.rowActionAsks('Worktrees', 'set by you', 'Apply Pin', 'Bring worktrees to the pin main at ');
    await editor.quickInputTitled('Bring worktrees to the pin main at ');
    assert.ok((await editor.quickPickLines()).every(({ ticked }) => ticked));
    await enter();
    await editor.notification('3 of 4 worktrees are on the pin main. Needs you: 1.');
    assert.equal(head('agent-2'), upstream());
    assert.ok(existsSync(path.join(beside('agent-2'), 'draft.ts')));
    await says(/^harbor-agent-2 on the pin · uncommitted changes · /);
    await says(/^harbor-agent-3 needs you · diverged from the pin: 1 ahead, 1 behind · /);
    await editor.notification(
      'agent-3 has diverged from the pin main, and 1 commit of it cannot be rebased, so Belay did not move it.',
    );
    await editor.screenshot('fanout-applied');
    await editor.clearNotifications();
  });

  it('decides on the review page, which speaks of the pin', async () => {
    await editor.palette('Belay: Review Reset');
    const review = new ReviewPage(editor);
    assert.equal(await review.title(), 'A branch conflicts with the pin main');
    assert.deepEqual(await review.answers(), ['Keep My Commits', 'Reset to Pin', 'Abort']);
    assert.match(await review.text(), /agent-3 has diverged from the pin main,.*The pin main is at/);
    await editor.screenshot('fanout-review');
    await review.answer('Reset to Pin');
    assert.match(await editor.modalText(), /^Reset agent-3 to the pin main\? /);
    await editor.modalButton('Reset to Pin');
    await says(/^harbor-agent-3 on the pin · /);
    assert.equal(head('agent-3'), upstream());
    await editor.closeEditors();
    await editor.clearNotifications();
  });

  it('removes a worktree, after one question, with what was in it saved', async () => {
    await editor.rowMenu('Worktrees', 'harbor-agent-2', 'Remove Worktree');
    await editor.notification('Another session is working: session agent-two.');
    await editor.clearNotifications();
    await repo.workspace.belay(['session', 'end', 'agent-two']);
    await editor.waitFor('the session to be over', async () =>
      (await editor.treeRows('Sessions')).every((row) => !row.startsWith('agent-two')),
    );
    await editor.rowMenu('Worktrees', 'harbor-agent-2', 'Remove Worktree');
    const text = await editor.modalText();
    assert.match(
      text,
      /^Remove the worktree harbor-agent-2\? .*saved in a checkpoint first.*Its branch agent-2 stays\.$/,
    );
    await editor.screenshot('fanout-remove');
    await editor.modalButton('Remove Worktree');
    await editor.notification('harbor-agent-2 was removed. Its content is saved in checkpoint ');
    await editor.waitFor('the row to go', async () =>
      (await editor.treeRows('Worktrees')).every((row) => !row.startsWith('harbor-agent-2')),
    );
    assert.ok(!existsSync(beside('agent-2')));
    await editor.notificationButton('harbor-agent-2 was removed', 'Show What Was Saved');
    await editor.waitFor('the diff', async () => (await editor.multiDiff()).files.includes('draft.ts'));
    await editor.closeEditors();
    await editor.clearNotifications();
  });

  it('is asked once more, by name, about what cannot be saved, and hears why what is open cannot be removed', async () => {
    writeFileSync(path.join(beside('agent-3'), 'my.secret'), 'secret\n');
    await editor.palette('Belay: Remove Worktree');
    await editor.quickPick('harbor-agent-3');
    await editor.modalButton('Remove Worktree');
    assert.match(
      await editor.modalText(),
      /^Permanently delete what Belay cannot save from harbor-agent-3\? .*my\.secret/,
    );
    await editor.modalButton('Cancel');
    assert.ok(existsSync(path.join(beside('agent-3'), 'my.secret')));
  });

  it('makes one worktree in a folder of their own choice', async () => {
    await editor.palette('Belay: New Worktree at Pin...');
    await editor.quickInputTitled('New worktree at the pin main');
    await editor.inputBox('agent-1');
    await note(/^There is a branch of that name already\./);
    await editor.inputBox('topic/quay');
    await note(/^Its folder/);
    await editor.inputBox(beside('agent-1'));
    await note(/^That folder is not empty\./);
    await editor.inputBox(beside('quay'));
    await editor.notification('harbor-quay was created at ');
    await says(/^harbor-quay on the pin · topic\/quay · /);
    await editor.clearNotifications();
  });

  it('removes the pin, and the rows say nothing of it any more', async () => {
    await editor.rowMenu('Worktrees', 'set by you', 'Remove Pin');
    assert.match(
      await editor.modalText(),
      /^Remove the pin main at [0-9a-f]{8}\? No worktree or branch changes\./,
    );
    await editor.modalButton('Remove Pin');
    await editor.waitFor('the rows', async () =>
      (await editor.treeRows('Worktrees')).every((row) => !row.includes('pin')),
    );
    await editor.palette('Belay: Apply Pin');
    await editor.notification('There are no pins yet.');
  });
});
