import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { GitRecorder } from '../support/git-recorder';
import { EditorPage } from '../support/editorPage';
import { builtIn } from '../support/editors';
import { EditorServer } from '../support/editorServer';
import { Workspace } from '../support/workspace';

/** How often Belay looks at things by itself here. */
const intervalMs = 500;

/** A repository can name programs for git to run, so Belay must not run git in one that nobody trusts yet. */
describe('a folder that is not trusted', () => {
  let workspace: Workspace;
  let recorder: GitRecorder;
  let server: EditorServer;
  let editor: EditorPage;

  before(async () => {
    workspace = Workspace.create();
    recorder = new GitRecorder();
    // A server of its own, whose git is watched.
    server = await EditorServer.start({
      workspaceTrust: true,
      builtIn,
      env: { PATH: recorder.path, BELAY_INTERVAL_MS: String(intervalMs) },
    });
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
    // It is up, has looked at the folder, and answers.
    await editor.waitFor('the welcome text', async () =>
      (await editor.welcomeText('Sessions')).startsWith('Belay runs git only in folders that you trust.'),
    );
    await editor.palette('Belay: Checkpoint Now');
    await editor.notification('Belay runs git only in a workspace that you trust.');
    // Whatever it does by itself after a while, it does several times in here.
    await sleep(4 * intervalMs);
    await editor.screenshot('restricted');
    assert.deepEqual(ours(), []);
    await editor.clearNotifications();
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
