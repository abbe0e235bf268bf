import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { answering, EditorPage } from '../support/editorPage';
import { borrowServer, giveBack } from '../support/editors';
import type { EditorServer } from '../support/editorServer';
import { Harbor } from './harbor';

/** No mouse from here on: what a person with a keyboard and a screen reader gets. */
describe('Belay by keyboard', () => {
  let harbor: Harbor;
  let server: EditorServer;
  let editor: EditorPage;

  before(async () => {
    harbor = await Harbor.create();
    server = await borrowServer({ settings: { 'editor.accessibilitySupport': 'on' } });
    editor = await EditorPage.open(server, harbor.workspace.folder, { width: 1280, height: 900 });
    await command('Focus on Sessions View');
    await editor.treeRow('Sessions', '0199a3d2');
  });

  after(async () => {
    await editor.close();
    await giveBack(server);
    harbor.remove();
  });

  const press = (key: string) => editor.page.keyboard.press(key);

  async function command(title: string): Promise<void> {
    await editor.waitFor(`the command "${title}"`, async () => {
      await press('Escape');
      await press('F1');
      const input = editor.page.locator('.quick-input-widget:visible input.input');
      await input.waitFor({ timeout: 5_000 });
      await editor.page.keyboard.type(title);
      const focused = editor.page.locator('.quick-input-widget:visible .monaco-list-row.focused');
      await focused.filter({ hasText: title }).waitFor({ timeout: 3_000 });
      await press('Enter');
      return true;
    });
  }

  /**
   * Presses a key until the row that has the keyboard is told like that. The next key waits for what the one before did, or a
   * slow editor would go past the row.
   */
  async function until(key: string, spoken: RegExp): Promise<string> {
    return await editor.waitFor(`the keyboard on a row told as ${String(spoken)}`, async () => {
      const before = await editor.focusedRow();
      if (spoken.test(before)) {
        return before;
      }
      await press(key);
      for (let waited = 0; waited < 5_000 && (await editor.focusedRow()) === before; waited += 50) {
        await sleep(50);
      }
      return undefined;
    });
  }

  /** Opens the row that the keyboard is on. A key that comes while the view is read anew is lost, as a click is. */
  async function openRow(): Promise<void> {
    const row = editor.page.locator('.monaco-list:focus .monaco-list-row.focused').first();
    const isOpen = async () => (await row.getAttribute('aria-expanded')) === 'true';
    await editor.waitFor('the row that the keyboard is on to be open', async () => {
      if (!(await isOpen())) {
        await press('ArrowRight');
        await row.and(editor.page.locator('[aria-expanded="true"]')).waitFor({ timeout: answering });
      }
      await sleep(300);
      return await isOpen();
    });
  }

  /** Goes from the top of the view to the files of the checkpoint that the other tests are about. */
  async function toItsFiles(): Promise<void> {
    await command('Focus on Sessions View');
    await until(
      'Home',
      /^Session 0199a3d2…93aa, Codex, \d+m(?:in)? ago, 3 checkpoints, alive: last heartbeat \d+m(?:in)? ago$/,
    );
    await until('ArrowDown', /^Session 5f0d7c1e…41d9/);
    await openRow();
    await editor.treeRow('Sessions', 'Test discounts');
    await until('ArrowDown', /^Checkpoint Test discounts, \d+m(?:in)? ago, step 3, by Claude Code$/);
    await openRow();
    await editor.treeRow('Sessions', 'prices.test.ts');
    await until('ArrowDown', /^src\/currency\.ts, modified/);
    await until('ArrowDown', /^test\/prices\.test\.ts, added/);
  }

  it('walks the sessions, their checkpoints and their files', async () => {
    await toItsFiles();
    await until('ArrowUp', /^Checkpoint Test discounts/);
    const row = await editor.treeRow('Sessions', 'Test discounts');
    await editor.waitFor('the checkpoint to be closed', async () => {
      if ((await row.getAttribute('aria-expanded')) === 'false') {
        return true;
      }
      await press('ArrowLeft');
      await row.and(editor.page.locator('[aria-expanded="false"]')).waitFor({ timeout: answering });
      return true;
    });
  });

  it('opens the diff of a file with Enter', async () => {
    await toItsFiles();
    await press('Enter');
    await editor.waitFor('the diff', async () =>
      (await editor.diffText()).modified.includes("import { discount } from '../src/prices'"),
    );
    await command('View: Close All Editors');
  });

  it('restores a file from its row by the context menu', async () => {
    harbor.workspace.delete('test/prices.test.ts');
    await toItsFiles();
    await press('Shift+F10');
    const focused = editor.page.locator('.context-view .action-item.focused');
    await editor.waitFor('"Restore File" in the menu', async () => {
      if ((await focused.filter({ hasText: 'Restore File' }).count()) > 0) {
        return true;
      }
      await press('ArrowDown');
      return undefined;
    });
    await press('Enter');
    // It went since the last checkpoint, so it is not ticked by itself.
    await editor.quickPickSays(/^0 will be written, 0 deleted/);
    await editor.moveTo('test/prices.test.ts');
    await press('Space');
    await editor.quickPickSays(/^1 will be written, 0 deleted/);
    await press('Enter');
    await editor.notification('Restored: 1 file written');
    assert.ok(harbor.workspace.has('test/prices.test.ts'));
  });

  it('leaves everything as it is with Escape', async () => {
    const { workspace } = harbor;
    const before = [workspace.own(), workspace.read('src/reminders.ts')];
    await command('Belay: Restore Checkpoint');
    await editor.quickPickSays(/^Restore which checkpoint/);
    await editor.page.keyboard.type('Count in cents');
    await editor.focusedLine('Count in cents');
    await press('Enter');
    await editor.quickPickSays(/will be written/);
    await press('Escape');
    await editor.quickPickGone();
    assert.deepEqual([workspace.own(), workspace.read('src/reminders.ts')], before);
  });

  it('walks the worktrees', async () => {
    await command('Focus on Worktrees View');
    await until('Home', /^Worktree harbor, main, base [0-9a-f]{8}, /);
    await until(
      'ArrowDown',
      /^Worktree harbor-checkout, topic\/checkout, base [0-9a-f]{8}, \d+m(?:in)? ago$/,
    );
  });

  it('gives every button of its views a name', async () => {
    const actions = editor.page.locator('.pane-header .action-label, .pane-body .action-label');
    const names = await Promise.all(
      (await actions.all()).map(async (action) => (await action.getAttribute('aria-label')) ?? ''),
    );
    assert.ok(names.length > 0);
    assert.ok(!names.includes(''), names.join(', '));
  });
});
