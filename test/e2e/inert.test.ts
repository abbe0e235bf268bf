import assert from 'node:assert/strict';
import { EditorPage } from '../support/editorPage';
import { borrowServer, giveBack } from '../support/editors';
import type { EditorServer } from '../support/editorServer';
import { Workspace } from '../support/workspace';

/** Names and messages come from agents, and from whoever wrote the repository. They are shown, and do nothing. */
describe('hostile names and messages', () => {
  const file = '$(alert) <img src=x onerror=window.hurt=1>.md';
  const message =
    '[click](command:workbench.action.closeWindow) $(sync~spin) <b>bold</b> `code` \u202egnp.exe https://example.com';
  const session = '$(zap) [id](command:belay.doctor) <i>s</i>';
  const agent = '$(flame) <u>agent</u>';
  // Where an icon or a link could begin, something that is not to be seen keeps the two characters apart.
  const plain = (text: string) => text.replaceAll('\u200b', '');
  const shownMessage =
    '[click](command:workbench.action.closeWindow) $(sync~spin) <b>bold</b> `code` \ufffdgnp.exe https://example.com';

  let workspace: Workspace;
  let server: EditorServer;
  let editor: EditorPage;

  before(async () => {
    workspace = Workspace.create('$(rocket) folder');
    workspace.write(file, 'first\n');
    workspace.write('plain.txt', 'first\n');
    await workspace.checkpoint({ session, agent, message });
    server = await borrowServer();
    editor = await EditorPage.open(server, workspace.folder, { width: 1600, height: 1000 });
    await editor.focusView('Sessions');
    await editor.expand('Sessions', 'zap');
    await editor.expand('Sessions', 'click');
    await editor.treeRow('Sessions', 'alert');
  });

  after(async () => {
    await editor.close();
    await giveBack(server);
    workspace.remove();
  });

  afterEach(async () => {
    assert.equal(await editor.page.evaluate('window.hurt'), undefined);
  });

  /** Whatever markup, icon or link of theirs became part of the page below that selector. */
  async function lively(selector: string): Promise<string[]> {
    const script = `[...document.querySelectorAll(${JSON.stringify(selector)})].flatMap((root) =>
      [...root.querySelectorAll(
        'img, b, u, i, code, a[href], a[data-href], .codicon-alert, .codicon-sync, .codicon-zap, .codicon-flame, .codicon-rocket'
      )].map((element) => element.outerHTML))`;
    const found = await editor.page.evaluate<unknown>(script);
    return Array.isArray(found) ? found.map(String) : [String(found)];
  }

  it('are text in the tree', async () => {
    const rows = (await editor.treeRows('Sessions')).map(plain);
    assert.ok(rows[0]?.startsWith(session.slice(0, 28)), rows.join('\n'));
    assert.ok(rows[0]?.includes(` ${agent} · `), rows.join('\n'));
    assert.ok(rows[1]?.startsWith(shownMessage.slice(0, 90)), rows.join('\n'));
    assert.ok(rows.includes(file), rows.join('\n'));
    assert.deepEqual(await lively('.pane-body .monaco-list-row'), []);
  });

  it('are text in tooltips', async () => {
    const title = plain(await editor.hover(await editor.treeRow('Sessions', 'click')));
    for (const part of [shownMessage, session, agent]) {
      assert.ok(title.includes(part), `${part} is not in: ${title}`);
    }
    // VS Code's own bold around names and the title is all the markup there is.
    const markup = (await lively('.monaco-hover')).filter((html) => !/^<(?:b|strong)\b/.test(html));
    assert.deepEqual(markup, []);
    const name = plain(await editor.hover(await editor.treeRow('Sessions', 'alert')));
    assert.ok(name.includes(file), name);
    await editor.page.mouse.move(0, 0);
  });

  it('are text in quick picks', async () => {
    await editor.palette('Belay: Show Checkpoint');
    await editor.quickPickSays(/^Show which checkpoint\?/);
    const [line] = await editor.quickPickLines();
    assert.equal(plain(line?.label ?? '').slice(0, 90), shownMessage.slice(0, 90));
    assert.ok(plain(line?.detail ?? '').startsWith(agent), line?.detail);
    assert.deepEqual(await lively('.quick-input-list .monaco-list-row'), []);
    await editor.screenshot('inert-quick-pick');
    await editor.page.keyboard.press('Escape');
    await editor.quickPickGone();
  });

  it('are text in the title of a diff', async () => {
    await (await editor.treeRow('Sessions', 'alert')).click();
    await editor.waitFor('the diff', async () => (await editor.diffText()).modified.includes('first'));
    assert.ok((await editor.tabs()).some((tab) => plain(tab).startsWith('$(alert) <img src=x')));
    assert.deepEqual(await lively('.tabs-container .tab'), []);
    await editor.closeEditors();
    await editor.rowActionOpens('Sessions', 'click', 'Open Diff', '.multiDiffEntry');
    await editor.waitFor('the multi-file diff', async () => (await editor.multiDiff()).files.length === 3);
    assert.ok((await editor.tabs()).some((tab) => plain(tab).startsWith(shownMessage.slice(0, 90))));
    assert.deepEqual(await lively('.tabs-container .tab, .multiDiffEntry .file-path'), []);
    await editor.closeEditors();
  });

  it('are text in the preview of a restore, and in what it says afterwards', async () => {
    workspace.write(file, 'second\n');
    workspace.write('plain.txt', 'second\n');
    await workspace.checkpoint({ session: 'other', agent: 'codex', message: 'second' });
    workspace.write(file, 'third\n');
    await editor.rowActionAsks('Sessions', 'click', 'Restore Checkpoint', 'Restore checkpoint');
    await editor.quickPickSays(/will be written/);
    const lines = await editor.quickPickLines();
    assert.ok(lines.some(({ label }) => plain(label) === file));
    assert.deepEqual(await lively('.quick-input-list .monaco-list-row, .quick-input-title'), []);
    assert.ok(plain(await editor.quickInputTitled('Restore checkpoint')).endsWith('into $(rocket) folder'));
    await editor.moveTo('plain.txt');
    await editor.page.keyboard.press('Space');
    await editor.quickPickSays(/^1 will be written/);
    await editor.page.keyboard.press('Enter');
    const told = await editor.notification('Restored:');
    assert.ok(plain(await told.innerText()).includes(`Left alone: ${file} (changed since`));
    assert.deepEqual(await lively('.notification-list-item-message'), []);
    await editor.screenshot('inert-notification');
    await editor.clearNotifications();
  });

  it('are text in the status bar', async () => {
    const item = await editor.statusBarItem('Belay: saved');
    const hover = plain(await editor.hover(item));
    assert.ok(hover.includes('Worktree $(rocket) folder'), hover);
    assert.deepEqual(await lively('.monaco-hover'), []);
  });
});
