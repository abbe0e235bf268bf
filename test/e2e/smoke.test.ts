import { EditorPage } from '../support/editorPage';
import { borrowServer, giveBack } from '../support/editors';
import type { EditorServer } from '../support/editorServer';
import { Workspace } from '../support/workspace';

describe('Belay in the real editor', () => {
  let workspace: Workspace;
  let server: EditorServer;
  let editor: EditorPage;

  before(async () => {
    workspace = Workspace.create();
    server = await borrowServer({
      settings: { 'workbench.colorTheme': 'Default High Contrast Light' },
    });
    editor = await EditorPage.open(server, workspace.folder);
  });

  after(async () => {
    await editor.close();
    await giveBack(server);
    workspace.remove();
  });

  it('is set up by the user settings of the test', async () => {
    await editor.visible(editor.page.locator('.monaco-workbench.hc-light'), 'the high contrast light theme');
  });

  it('takes a checkpoint from the command palette and shows it', async () => {
    await editor.palette('Belay: Checkpoint Now');
    await editor.focusView('Sessions');
    await editor.waitFor('a session in the tree', async () => (await editor.treeRows('Sessions')).length > 0);
    await editor.screenshot('smoke');
  });

  it('shows its log', async () => {
    await editor.palette('Belay: Show Log');
    const channel = editor.page.locator('.part.panel select option:checked').first();
    await editor.waitFor('the log of Belay', async () => (await channel.textContent()) === 'Belay');
  });
});
