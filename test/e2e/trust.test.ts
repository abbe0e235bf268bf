import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { GitRecorder } from '../support/git-recorder';
import { EditorPage } from '../support/editorPage';
import { EditorServer } from '../support/editorServer';
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

  const ours = () => recorder.calls().filter((call) => call.ours);

  it('opens in restricted mode, where Belay starts no git, even with its view open', async () => {
    await editor.statusBarItem('Restricted Mode');
    await editor.focusView('Sessions');
    // Time enough for what starts by itself to have started: a trusted window needs about one second (the next test).
    await sleep(8_000);
    await editor.screenshot('restricted');
    assert.deepEqual(ours(), []);
  });

  it('has Belay at work once it is trusted, which also shows that git was watched', async () => {
    await editor.palette('Workspaces: Manage Workspace Trust');
    const trust = editor.page
      .locator('.workspace-trust-editor .monaco-button')
      .filter({ hasText: /^Trust$/ });
    await editor.visible(trust, 'the button that grants trust');
    await trust.click();
    await editor.waitFor('a git call of Belay', () => Promise.resolve(ours().length > 0));
    await editor.screenshot('trusted');
  });
});
