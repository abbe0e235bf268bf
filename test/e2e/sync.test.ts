import assert from 'node:assert/strict';
import { EditorPage } from '../support/editorPage';
import { SilentRemote } from '../support/silentRemote';
import { borrowServer, giveBack } from '../support/editors';
import type { EditorServer } from '../support/editorServer';
import { Diverged } from './diverged';

/** Syncing from the editor, what it says of each end, and the backups that it leaves. */
describe('a person who syncs', () => {
  let repo: Diverged;
  let server: EditorServer;
  let editor: EditorPage;
  let silent: SilentRemote;

  before(async () => {
    repo = Diverged.create('harbor');
    silent = await SilentRemote.start();
    server = await borrowServer();
    editor = await EditorPage.open(server, repo.workspace.folder, { width: 1500, height: 1000 });
    await editor.focusView('Worktrees');
    await editor.treeRow('Worktrees', 'harbor');
  });

  after(async () => {
    await editor.close();
    await giveBack(server);
    silent.stop();
    repo.remove();
  });

  it('hears that it is up to date, and that it was fast-forwarded', async () => {
    await editor.palette('Belay: Sync with Upstream');
    await editor.notification('harbor is up to date with its upstream.');
    repo.push({ 'src/new.ts': 'export const fresh = 1;\n' });
    await editor.rowActionOpens('Worktrees', 'harbor', 'Sync with Upstream', '.notification-list-item');
    await editor.notification('harbor was fast-forwarded to ');
    assert.ok(repo.workspace.has('src/new.ts'));
    await editor.clearNotifications();
  });

  it('hears that it was rebased, with a backup, and sees that in its view', async () => {
    repo.workspace.write('src/own.ts', 'export const own = 1;\n');
    repo.workspace.commit('Our own');
    repo.push({ 'src/other.ts': 'export const other = 1;\n' });
    await editor.palette('Belay: Sync All Worktrees');
    await editor.notification('harbor was rebased onto its upstream and is at ');
    await editor.clearNotifications();
    await editor.treeRow('Backups', 'Dropped by a sync');
    const pane = await editor.view('Backups');
    await pane.locator('.monaco-list-row').nth(2).click();
    await editor.page.keyboard.press('ArrowRight');
    await editor.treeRow('Backups', '1 commit on no branch or tag, also in checkpoints');
    await editor.expand('Backups', 'Our own');
    await (await editor.treeRow('Backups', 'own.ts')).click();
    await editor.waitFor('the diff of the file', async () =>
      (await editor.diffText()).modified.includes('own = 1'),
    );
    await editor.screenshot('sync-backups');
    await editor.closeEditors();
  });

  it('restores a file of a dropped commit, with the preview and the undo of every restore', async () => {
    const { workspace } = repo;
    workspace.git('revert', '--no-edit', 'HEAD');
    assert.ok(!workspace.has('src/own.ts'));
    await editor.palette('Belay: Checkpoint Now');
    await editor.notification('taken.');
    await editor.clearNotifications();
    await editor.rowActionAsks('Backups', 'own.ts', 'Restore File', 'Restore from commit');
    await editor.quickInputTitled('Restore from commit');
    await editor.quickPickSays(/^1 will be written, 0 deleted\./);
    await editor.page.keyboard.press('Enter');
    await editor.notification('Restored: 1 file written');
    assert.equal(workspace.read('src/own.ts'), 'export const own = 1;\n');
    await editor.notificationButton('Restored: 1 file written', 'Undo');
    await editor.waitFor('the undo', () => Promise.resolve(!workspace.has('src/own.ts')));
    await editor.clearNotifications();
  });

  it('picks dropped commits back onto the branch, all of the ticked ones', async () => {
    const { workspace } = repo;
    await editor.palette('Belay: Cherry-Pick Dropped Commits');
    await editor.quickPickSays(/^Pick commits of which backup/);
    await editor.quickPickLines();
    await editor.page.keyboard.press('Enter');
    await editor.quickPickSays(/^Which commits should be applied/);
    const lines = await editor.quickPickLines();
    assert.deepEqual(
      lines.map(({ label, ticked }) => [label, ticked]),
      [['Our own', false]],
    );
    await editor.moveTo('Our own');
    await editor.page.keyboard.press('Space');
    await editor.waitFor('it to be ticked', async () => (await editor.quickPickLines())[0]?.ticked);
    await editor.page.keyboard.press('Enter');
    await editor.notification('Picked 1 commit: main is now at ');
    assert.equal(workspace.git('log', '-1', '--format=%s'), 'Our own');
    assert.ok(workspace.has('src/own.ts'));
    await editor.clearNotifications();
  });

  it('makes a branch of a backup, and deletes it knowing what it alone holds', async () => {
    await editor.palette('Belay: Delete Backup');
    await editor.quickPickSays(/^Delete which backup/);
    await editor.quickPickLines();
    await editor.page.keyboard.press('Enter');
    const text = await editor.modalText();
    assert.match(
      text,
      /^Delete the backup of .*\? On no branch or tag: 1 commit\. Checkpoints or other backups still hold that: [0-9a-f]{8} Our own \(Test Person\)$/,
    );
    await editor.screenshot('sync-delete-backup');
    await editor.modalButton('Cancel');
    await editor.palette('Belay: Restore Dropped Commits');
    await editor.quickPickSays(/^Bring back the commits of which backup/);
    await editor.quickPickLines();
    await editor.page.keyboard.press('Enter');
    await editor.quickInputTitled('Branch from backup');
    await editor.inputBox('rescue/own');
    await editor.notification('Branch rescue/own now holds the commits of the backup.');
    await editor.treeRow('Backups', 'All of its commits are also on a branch or tag');
    await editor.clearNotifications();
    await editor.palette('Belay: Delete Backup');
    await editor.quickPickSays(/^Delete which backup/);
    await editor.quickPickLines();
    await editor.page.keyboard.press('Enter');
    assert.match(await editor.modalText(), /so nothing will be lost\.$/);
    await editor.modalButton('Delete Backup');
    await editor.welcomeText('Backups');
    assert.equal(repo.workspace.git('for-each-ref', 'refs/belay/backup'), '');
  });

  it('sees a remote that does not answer, goes on working, and cancels', async () => {
    repo.workspace.git('remote', 'set-url', 'origin', silent.url);
    await editor.palette('Belay: Sync with Upstream');
    await editor.waitFor('a row of the network', async () =>
      (await editor.treeRows('Worktrees')).find((text) =>
        /^origin fetching · 1\d\d s left · since /.test(text),
      ),
    );
    const hover = await editor.hover(await editor.treeRow('Worktrees', 'fetching'));
    assert.ok(hover.includes('origin (http://127.0.0.1'), hover);
    await editor.screenshot('sync-network');
    repo.workspace.write('src/meanwhile.ts', 'export const meanwhile = 1;\n');
    await editor.palette('Belay: Checkpoint Now');
    await editor.notification('taken.');
    await editor.palette('Belay: Sync with Upstream');
    await editor.notification(
      'harbor was not synced, because its remote could not be reached. still running: ',
    );
    await editor.rowAction('Worktrees', 'origin', 'Cancel Sync');
    await editor.waitFor('the row to go', async () =>
      (await editor.treeRows('Worktrees')).every((text) => !text.startsWith('origin')),
    );
    await editor.statusBarItem('The sync of harbor was cancelled. Unchanged: files, index, branches');
    await editor.clearNotifications();
  });

  it('learns of the remote from the tooltip', async () => {
    const hover = await editor.hover(await editor.treeRow('Worktrees', 'harbor'));
    for (const part of ['Upstream: origin/main', 'Last fetched: ']) {
      assert.ok(hover.includes(part), `${part} is not in: ${hover}`);
    }
    await editor.page.mouse.move(0, 0);
  });

  it('hears why a branch cannot be synced', async () => {
    repo.workspace.git('checkout', '--quiet', '-b', 'alone');
    await editor.palette('Belay: Sync with Upstream');
    await editor.notification('harbor was not synced: its branch has no upstream.');
    repo.workspace.git('checkout', '--quiet', '--detach');
    await editor.palette('Belay: Sync with Upstream');
    await editor.notification('harbor was not synced: it is on no branch.');
  });
});
