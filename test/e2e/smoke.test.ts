import { EditorPage, EditorServer } from '../support/vscode';
import { Workspace } from '../support/workspace';

describe('Belay in the real editor', () => {
  let workspace: Workspace;
  let server: EditorServer;
  let editor: EditorPage;

  before(async () => {
    workspace = Workspace.create();
    server = await EditorServer.start({
      settings: { 'workbench.colorTheme': 'Default High Contrast Light' },
    });
    editor = await EditorPage.open(server, workspace.folder);
  });

  after(async () => {
    await editor.close();
    await server.stop();
    workspace.remove();
  });

  it('is set up by the user settings of the test', async () => {
    await editor.visible(editor.page.locator('.monaco-workbench.hc-light'), 'the high contrast light theme');
  });

  it('opens its log from the command palette', async () => {
    await editor.palette('Belay: Show Log');
    await editor.screenshot('smoke');
  });

  it('stands in the list of extensions', async () => {
    await editor.palette('Extensions: Show Installed Extensions');
    await editor.screenshot('extensions');
  });
});
