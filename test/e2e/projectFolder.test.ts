import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { EditorPage } from '../support/editorPage';
import { borrowServer, giveBack } from '../support/editors';
import type { EditorServer } from '../support/editorServer';
import { Workspace } from '../support/workspace';

/** A bare clone in `.bare`, a `.git` file that leads there, and the worktrees beside: many keep their agents' worktrees so. */
describe('a window on the folder above the worktrees', () => {
  let workspace: Workspace;
  let server: EditorServer;
  let editor: EditorPage;

  before(async () => {
    workspace = Workspace.bare('harbor');
    const source = path.join(workspace.base, 'source');
    workspace.write('../source/notes.md', 'first\n');
    at(source, 'init', '--quiet', '--initial-branch=main');
    at(source, 'add', '--all');
    at(source, '-c', 'user.name=T', '-c', 'user.email=t@example.com', 'commit', '--quiet', '--message=Start');
    at(workspace.folder, 'clone', '--quiet', '--bare', source, '.bare');
    workspace.write('.git', 'gitdir: ./.bare\n');
    workspace.git('worktree', 'add', '--quiet', 'main', 'main');
    workspace.git('worktree', 'add', '--quiet', '-b', 'cranes', 'cranes');
    workspace.write('main/notes.md', 'by an agent\n');
    workspace.write('cranes/notes.md', 'by a person\n');
    const who = { session: 'loader', agent: 'codex', message: 'Load' };
    await workspace.checkpoint({ ...who, folder: workspace.at('main') });
    server = await borrowServer();
    editor = await EditorPage.open(server, workspace.folder, { width: 1300, height: 900 });
  });

  after(async () => {
    await editor.close();
    await giveBack(server);
    workspace.remove();
  });

  const at = (where: string, ...args: string[]): string =>
    execFileSync('git', args, { cwd: where, encoding: 'utf8' }).trim();

  const heldIn = (name: string): string =>
    at(workspace.folder, 'show', `refs/belay/shadow/${name}/current:notes.md`);

  it('shows the sessions and worktrees of its repository', async () => {
    await editor.focusView('Sessions');
    await editor.treeRow('Sessions', 'loader');
    await editor.focusView('Worktrees');
    await editor.treeRow('Worktrees', 'cranes');
    await editor.screenshot('project-folder');
  });

  it('asks which worktree a command is for, unless a file of one is before the person', async () => {
    await editor.palette('Belay: Checkpoint Now');
    await editor.quickPickSays(/Checkpoint which worktree\?/);
    assert.equal((await editor.quickPickTexts()).length, 2);
    await editor.quickPick('cranes');
    await editor.waitFor('the checkpoint', () => {
      const refs = workspace.git('for-each-ref', '--format=%(refname)', 'refs/belay/shadow/');
      return Promise.resolve(refs.includes('refs/belay/shadow/cranes/'));
    });
    assert.equal(heldIn('cranes'), 'by a person');
    workspace.write('cranes/notes.md', 'again\n');
    await editor.openFile(workspace.at('cranes/notes.md'));
    await editor.palette('Belay: Checkpoint Now');
    await editor.waitFor('the next one, unasked', () => Promise.resolve(heldIn('cranes') === 'again'));
  });

  it('takes in a worktree that comes, and lets go of one that is removed', async () => {
    workspace.git('worktree', 'add', '--quiet', '-b', 'quay', 'quay');
    await editor.treeRow('Worktrees', 'quay');
    await editor.closeEditors();
    await editor.waitFor('three worktrees to choose from', async () => {
      await editor.palette('Belay: Checkpoint Now');
      const texts = await editor.quickPickTexts();
      await editor.page.keyboard.press('Escape');
      return texts.length === 3 && texts.some((text) => text.includes('quay'));
    });
    // Though it is open here: the window stands on the folder above, and loses nothing.
    await editor.rowMenu('Worktrees', 'quay', 'Remove Worktree');
    await editor.modalButton('Remove Worktree');
    await editor.waitFor(
      'its row to go',
      async () => !(await editor.treeRows('Worktrees')).some((row) => row.startsWith('quay')),
    );
  });
});
