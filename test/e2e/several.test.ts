import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { EditorPage } from '../support/editorPage';
import { borrowServer, giveBack } from '../support/editors';
import type { EditorServer } from '../support/editorServer';
import { Workspace } from '../support/workspace';

/** A window with several folders, and what is left of it after a reload. */
describe('a workspace of several folders', () => {
  let first: Workspace;
  let second: Workspace;
  let notes: Workspace;
  let server: EditorServer;
  let editor: EditorPage;

  before(async () => {
    first = Workspace.create('alpha');
    second = Workspace.create('beta');
    notes = Workspace.bare('notes');
    first.git('worktree', 'add', '--quiet', '-b', 'topic/linked', `${first.base}/alpha-linked`);
    const folders = [first.folder, `${first.base}/alpha-linked`, second.folder, notes.folder];
    notes.write('all.code-workspace', JSON.stringify({ folders: folders.map((path) => ({ path })) }));
    await first.checkpoint({ session: 'in-alpha', agent: 'codex', message: 'First of alpha' });
    await second.checkpoint({ session: 'in-beta', agent: 'gemini', message: 'First of beta' });
    server = await borrowServer();
    editor = await EditorPage.open(server, notes.at('all.code-workspace'));
    await editor.focusView('Sessions');
  });

  after(async () => {
    await editor.close();
    await giveBack(server);
    for (const workspace of [first, second, notes]) {
      workspace.remove();
    }
  });

  /** The git processes of Belay that run now, by their HOME: it is this server's own. */
  function running(): string[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((name) => {
        const environment = readOf(name, 'environ');
        return environment.includes('BELAY_GIT=1') && environment.includes(`HOME=${server.dataDir}`);
      })
      .map((name) => readOf(name, 'cmdline').replaceAll('\0', ' ').trim());
  }

  function readOf(pid: string, file: string): string {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8');
    } catch (error) {
      // Gone meanwhile.
      return error instanceof Error ? '' : String(error);
    }
  }

  it('shows each repository once, with its sessions', async () => {
    const rows = await editor.waitFor('the sessions of both repositories', async () => {
      const found = await editor.treeRows('Sessions');
      return found.length === 4 ? found : undefined;
    });
    assert.deepEqual(
      rows.map((row) => row.split(' ')[0]),
      ['alpha', 'in-alpha', 'beta', 'in-beta'],
    );
  });

  it('asks which worktree is meant, and takes the checkpoint there', async () => {
    second.write('new.txt', 'new\n');
    await editor.palette('Belay: Checkpoint Now');
    await editor.quickPickSays(/^Checkpoint which worktree\?/);
    const labels = (await editor.quickPickLines()).map(({ label }) => label);
    assert.deepEqual(labels, ['alpha', 'alpha-linked', 'beta']);
    await editor.quickPick('beta');
    await editor.notification('taken');
    assert.match(second.git('ls-tree', '--name-only', 'refs/belay/shadow/main/current'), /^new\.txt$/m);
    const ofAlpha = ['--glob=refs/belay/shadow/*', '--not', 'main', 'topic/linked'];
    assert.equal(first.git('rev-list', '--count', ...ofAlpha), '1');
    await editor.clearNotifications();
  });

  it('leaves nothing behind when the window is reloaded', async function () {
    if (process.platform !== 'linux') {
      this.skip();
    }
    const before = running();
    await editor.reload();
    await editor.treeRow('Sessions', 'in-beta');
    await editor.waitFor('the git processes of the window before to end', () =>
      Promise.resolve(running().length <= before.length),
    );
    for (const workspace of [first, second]) {
      for (const folder of ['locks', 'tmp']) {
        const left = list(workspace.at(`.git/belay/${folder}`));
        assert.deepEqual(left, []);
      }
    }
    await editor.page.goto('about:blank');
    await editor.waitFor('all git processes of Belay to end', () => Promise.resolve(running().length === 0));
  });

  function list(folder: string): string[] {
    try {
      return readdirSync(folder);
    } catch (error) {
      // Never made.
      return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? [] : [String(error)];
    }
  }
});
