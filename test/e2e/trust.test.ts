import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { GitRecorder } from '../support/git-recorder';
import { EditorPage, EditorServer } from '../support/vscode';
import { Workspace } from '../support/workspace';

/** A repository can name programs for git to run, so Belay must not run git in one that nobody trusts yet. */
describe('a folder that is not trusted', () => {
  let workspace: Workspace;
  let recorder: GitRecorder;
  let server: EditorServer;
  let editor: EditorPage;

  before(async () => {
    workspace = Workspace.create();
    recorder = new GitRecorder();
    server = await EditorServer.start({ workspaceTrust: true, env: { PATH: recorder.path } });
    editor = await EditorPage.open(server, workspace.folder);
  });

  after(async () => {
    await editor.close();
    await server.stop();
    recorder.remove();
    workspace.remove();
  });

  it('opens in restricted mode, where Belay starts no git', async () => {
    await editor.statusBarItem('Restricted Mode');
    await editor.screenshot('restricted');
    // Time enough for what starts by itself to have started; a trusted window needs less (the next test).
    await sleep(8_000);
    assert.deepEqual(
      recorder.calls().filter(({ ours }) => ours),
      [],
    );
  });

  it('is recorded by the fake git once it is trusted, so the silence before was real', async () => {
    await editor.palette('Workspaces: Manage Workspace Trust');
    await editor.screenshot('trust-editor');
    await editor.page
      .locator('.workspace-trust-editor .monaco-button')
      .filter({ hasText: /^Trust$/ })
      .click();
    await editor.waitFor('a git call in the trusted folder', () =>
      Promise.resolve(recorder.calls().length > 0),
    );
  });
});
