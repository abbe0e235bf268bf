import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { EditorPage } from '../support/editorPage';
import { SilentRemote } from '../support/silentRemote';
import { borrowServer, giveBack } from '../support/editors';
import type { EditorServer } from '../support/editorServer';
import { Diverged } from './diverged';

/** Two clones of one remote in one window, a remote that does not answer, and names that would like to be more than names. */
describe('a person who pins the worktrees of several clones', () => {
  const hostile = '$(rocket) <b>pin</b> [a](command:belay.doctor)';
  // Where an icon or a link could begin, something that is not to be seen keeps the two characters apart.
  const plain = (text: string) => text.replaceAll('\u200b', '');

  let repo: Diverged;
  let quay: string;
  let server: EditorServer;
  let editor: EditorPage;
  let silent: SilentRemote;

  before(async () => {
    repo = Diverged.create('harbor');
    const { base, folder } = repo.workspace;
    quay = path.join(base, 'quay');
    at(base, 'clone', '--quiet', path.join(base, 'upstream.git'), quay);
    at(base, 'init', '--quiet', path.join(base, 'unrelated'));
    repo.workspace.write(
      '../all.code-workspace',
      JSON.stringify({ folders: [folder, quay, path.join(base, 'unrelated')].map((one) => ({ path: one })) }),
    );
    silent = await SilentRemote.start();
    server = await borrowServer({ settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
    editor = await EditorPage.open(server, path.join(base, 'all.code-workspace'), {
      width: 1500,
      height: 1000,
    });
    await editor.focusView('Worktrees');
    await editor.treeRow('Worktrees', 'quay');
  });

  after(async () => {
    await editor.close();
    await giveBack(server);
    silent.stop();
    repo.remove();
  });

  const at = (where: string, ...args: string[]): string =>
    execFileSync('git', args, { cwd: where, encoding: 'utf8' }).trim();

  async function pin(name: string, subject: string): Promise<string> {
    repo.push({ 'src/berths.ts': `// ${subject}\n` }, subject);
    await repo.workspace.belay(['pin', 'set', name, 'origin/main', '--fetch']);
    return repo.workspace.git('rev-parse', 'origin/main');
  }

  it('sees the other clone of the same remote in the list, and brings both to the very commit', async () => {
    const commit = await pin('release', 'Twelve berths');
    await editor.treeRow('Worktrees', 'from origin/main');
    await editor.palette('Belay: Apply Pin');
    await editor.quickInputTitled('Bring worktrees to the pin release at ');
    const lines = await editor.quickPickLines();
    assert.deepEqual(
      lines.map(({ group, label, ticked }) => [group, label, ticked]),
      [
        [repo.workspace.folder, 'harbor', true],
        [`${quay}, another clone`, 'quay', true],
      ],
    );
    await editor.screenshot('fanout-clones');
    await editor.page.keyboard.press('Enter');
    await editor.notification('2 of 2 worktrees are on the pin release.');
    assert.deepEqual(
      [repo.workspace.git('rev-parse', 'HEAD'), at(quay, 'rev-parse', 'HEAD')],
      [commit, commit],
    );
    assert.equal((await editor.treeRows('Worktrees')).filter((row) => /^release /.test(row)).length, 2);
    await editor.clearNotifications();
  });

  it('sees how far it is, cancels what waits for a remote, and hears what was left as it was', async () => {
    const before = at(quay, 'rev-parse', 'HEAD');
    const commit = await pin('release', 'Thirteen berths');
    for (const where of [repo.workspace.folder, quay]) {
      at(where, 'remote', 'set-url', 'origin', silent.url);
    }
    await editor.waitFor('both pins', async () =>
      (await editor.treeRows('Worktrees')).some((row) => row.startsWith(`release ${commit.slice(0, 8)} `)),
    );
    await editor.rowActionAsks(
      'Worktrees',
      `${commit.slice(0, 8)} · from origin/main`,
      'Apply Pin',
      'Bring worktrees to the pin release at ',
    );
    assert.equal((await editor.quickPickLines()).length, 2);
    await editor.page.keyboard.press('Enter');
    await editor.notification('1 of 2 done · fetching the commit');
    await editor.screenshot('fanout-progress');
    await editor.notificationButton('Bringing worktrees to release', 'Cancel');
    await editor.notification('1 of 2 worktrees are on the pin release. Cancelled: 1.');
    assert.deepEqual(
      [repo.workspace.git('rev-parse', 'HEAD'), at(quay, 'rev-parse', 'HEAD')],
      [commit, before],
    );
    await editor.clearNotifications();
  });

  it('sees hostile names as text', async () => {
    await repo.workspace.belay(['pin', 'set', hostile, 'main']);
    const row = await editor.treeRow('Worktrees', 'from main');
    assert.ok(plain(await row.innerText()).includes(hostile), await row.innerText());
    assert.ok(plain(await editor.hover(row)).includes(`Pin ${hostile}`));
    await editor.page.mouse.move(0, 0);
    await editor.palette('Belay: Remove Pin');
    await editor.quickPickSays(/^Remove which pin\?$/);
    const lines = (await editor.quickPickLines()).map(({ label }) => plain(label));
    assert.ok(lines.includes(hostile), lines.join(' | '));
    await editor.screenshot('fanout-hostile');
    const lively = '.codicon-rocket, .monaco-list-row b, .quick-input-widget b, a[href^="command:"]';
    assert.equal(await editor.page.locator(lively).count(), 0);
    await editor.quickPick('$');
    assert.ok(plain(await editor.modalText()).startsWith(`Remove the pin ${hostile} at `));
    await editor.modalButton('Remove Pin');
    await editor.waitFor('the row to go', async () =>
      (await editor.treeRows('Worktrees')).every((text) => !plain(text).startsWith(hostile)),
    );
  });
});
