import assert from 'node:assert/strict';
import { EditorPage } from '../support/editorPage';
import { borrowServer, giveBack } from '../support/editors';
import { Workspace } from '../support/workspace';

/** What the views say where they have nothing to show, and that this leads on. */
describe('the views without checkpoints', () => {
  const open: { close(): Promise<void> }[] = [];

  async function start(workspace: Workspace, trust: boolean): Promise<EditorPage> {
    open.push({
      close: () => {
        workspace.remove();
        return Promise.resolve();
      },
    });
    const server = await borrowServer({ workspaceTrust: trust });
    open.push({ close: () => giveBack(server) });
    const editor = await EditorPage.open(server, workspace.folder);
    open.push(editor);
    return editor;
  }

  afterEach(async () => {
    for (const one of open.splice(0).reverse()) {
      await one.close();
    }
  });

  it('say that there is no repository, follow one that is made, and offer the first checkpoint', async () => {
    const workspace = Workspace.bare('notes');
    const editor = await start(workspace, false);
    await editor.focusView('Sessions');
    await editor.waitFor('the welcome text', async () =>
      (await editor.welcomeText('Sessions')).startsWith('This folder is not in a git repository'),
    );
    assert.match(await editor.welcomeText('Worktrees'), /^The worktrees of your repository appear here\.$/);
    await editor.screenshot('no-repository');
    await editor.palette('Belay: Checkpoint Now');
    await editor.notification('No folder of this window is inside a git repository.');
    await editor.clearNotifications();

    workspace.git('init', '--quiet', '--initial-branch=main');
    await editor.waitFor('the text of a repository without checkpoints', async () =>
      (await editor.welcomeText('Sessions')).startsWith('No checkpoints yet.'),
    );
    await editor.statusBarItem('Belay: nothing saved yet');
    workspace.write('note.md', 'a note\n');
    await editor.screenshot('no-checkpoints');
    const button = (await editor.view('Sessions')).locator('.welcome-view-content .monaco-button');
    await button.filter({ hasText: 'Checkpoint Now' }).click();
    await editor.treeRow('Sessions', 'editor-');
    await editor.statusBarItem('Belay: saved just now');
  });

  it('say that the folder is not trusted', async () => {
    const editor = await start(Workspace.create(), true);
    await editor.focusView('Sessions');
    await editor.waitFor('the welcome text', async () =>
      (await editor.welcomeText('Sessions')).startsWith('Belay runs git only in folders that you trust.'),
    );
    await editor.palette('Belay: Checkpoint Now');
    await editor.notification('Belay runs git only in a workspace that you trust.');
  });
});
