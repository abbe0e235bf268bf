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
    editor = await EditorPage.open(server, workspace.folder, { width: 1280, height: 1200 });
  });

  after(async () => {
    await editor.close();
    await server.stop();
    workspace.remove();
  });

  it('is set up by the user settings of the test', async () => {
    await editor.visible(editor.page.locator('.monaco-workbench.hc-light'), 'the high contrast light theme');
  });

  it('has its command in the palette', async () => {
    await editor.palette('Belay: Show Log');
  });

  it('runs', async () => {
    await editor.palette('Developer: Show Running Extensions');
    const row = editor.page
      .locator('.runtime-extensions-editor .monaco-list-row')
      .filter({ hasText: 'Belay' });
    await editor.visible(row, 'Belay among the running extensions');
    await editor.screenshot('smoke');
  });
});
