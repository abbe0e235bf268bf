import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EditorPage } from '../support/editorPage';
import { borrowServer, giveBack } from '../support/editors';
import type { EditorServer } from '../support/editorServer';
import { claude, codex, Harbor } from './harbor';

/** A person's way through Belay, in a repository in which several agents are at work. */
describe('a person among agents', () => {
  let harbor: Harbor;
  let server: EditorServer;
  let editor: EditorPage;

  before(async () => {
    harbor = await Harbor.create();
    server = await borrowServer({ settings: { 'belay.capture.maxFileSizeMB': 1 } });
    editor = await EditorPage.open(server, harbor.workspace.folder, { width: 1400, height: 1000 });
    await editor.focusView('Sessions');
    await editor.treeRow('Sessions', '0199a3d2');
  });

  after(async () => {
    await editor.close();
    await giveBack(server);
    harbor.remove();
  });

  async function rowOf(text: string): Promise<string> {
    return await editor.waitFor(`the row "${text}"`, async () =>
      (await editor.treeRows('Sessions')).find((row) => row.includes(text)),
    );
  }

  /** Opens one checkpoint, so that no row of the same name is on show elsewhere. */
  async function only(session: string, checkpoint: string): Promise<void> {
    await editor.viewAction('Sessions', 'Collapse All');
    await editor.expand('Sessions', session);
    await editor.expand('Sessions', checkpoint);
  }

  it('sees every session with its agent and its checkpoints, the latest first', async () => {
    const rows = await editor.treeRows('Sessions');
    assert.equal(rows.length, 5, rows.join('\n'));
    const order = ['0199a3d2…93aa', '5f0d7c1e…41d9', 'cursor-checkout', 'copilot-assets', 'gemini-docs'];
    order.forEach((name, index) => {
      assert.ok(rows[index]?.startsWith(name), rows.join('\n'));
    });
    assert.match(await rowOf('5f0d7c1e'), /Claude Code · alive · \d+m(?:in)? ago · 3 checkpoints/);
    assert.match(await rowOf('gemini-docs'), /Gemini · silent · 3h ago · 1 checkpoint$/);
  });

  it('opens a session and a checkpoint down to its files', async () => {
    await editor.expand('Sessions', '5f0d7c1e');
    assert.match(await rowOf('Test discounts'), /#3 · \d+m(?:in)? ago/);
    assert.match(await rowOf('Prices carry a currency'), /#1 · \d+m(?:in)? ago/);
    await editor.expand('Sessions', 'Test discounts');
    assert.equal(await rowOf('prices.test.ts'), 'prices.test.ts test');
    assert.equal(await editor.rowLetter('Sessions', 'prices.test.ts'), 'A');
    assert.equal(await editor.rowLetter('Sessions', 'currency.ts'), 'M');
  });

  it('has each row told to a screen reader', async () => {
    const spoken = await editor.spokenRows('Sessions');
    for (const expected of [
      /^Session 5f0d7c1e…41d9, Claude Code, \d+m(?:in)? ago, 3 checkpoints, alive: last heartbeat \d+m(?:in)? ago$/,
      /^Session gemini-docs, Gemini, 3h ago, 1 checkpoint, silent: last heartbeat 3h ago$/,
      /^Checkpoint Test discounts, \d+m(?:in)? ago, step 3, by Claude Code$/,
      /^test\/prices\.test\.ts, added/,
      /^src\/currency\.ts, modified/,
    ]) {
      assert.ok(
        spoken.some((label) => expected.test(label)),
        `${String(expected)} is not among:\n${spoken.join('\n')}`,
      );
    }
    assert.ok(!spoken.includes(''), 'a row without a label');
  });

  it('reads the details of a checkpoint when hovering', async () => {
    const text = await editor.hover(await editor.treeRow('Sessions', 'Test discounts'));
    const { checkpoint } = harbor.checkpoint('Test discounts');
    for (const part of [checkpoint, claude.session, 'Claude Code, #3', 'main', 'the whole worktree']) {
      assert.ok(text.includes(part), `${part} is not in: ${text}`);
    }
  });

  it('takes a checkpoint from the palette, and sees it at once', async () => {
    const own = harbor.workspace.own();
    harbor.workspace.write('src/dates.ts', 'export const year = 2031;\n');
    await editor.palette('Belay: Checkpoint Now');
    await editor.notification('taken');
    await editor.expand('Sessions', 'editor-');
    assert.match(await rowOf('editor-'), /Editor · alive · (?:just now|[1-9]m(?:in)? ago) · 1 checkpoint$/);
    await editor.expand('Sessions', 'Checkpoint 1');
    await editor.treeRow('Sessions', 'dates.ts');
    await editor.statusBarItem('Belay: saved just now');
    assert.equal(harbor.workspace.own(), own);
    await editor.clearNotifications();
  });

  it('follows what other processes do, without asking', async () => {
    await editor.expand('Sessions', '0199a3d2');
    const times: number[] = [];
    for (const message of ['Berths have a length', 'Berths have a depth', 'Berths have a price']) {
      harbor.workspace.write('src/berths.ts', `export const about = '${message}';\n`);
      await harbor.workspace.checkpoint({ ...codex, message });
      const taken = performance.now();
      const rows = `[...document.querySelectorAll('.pane-body .monaco-list-row')]`;
      const shown = `${rows}.some((row) => row.textContent.includes(${JSON.stringify(message)}))`;
      // Each frame: a locator would look half a second apart.
      await editor.page.waitForFunction(shown, undefined, { polling: 'raf', timeout: 120_000 });
      times.push(Math.round(performance.now() - taken));
    }
    console.log(`      shown ${times.join(', ')} ms after the command line had ended`);
    // That nothing is read because time goes by, quiet.test.ts shows.
    assert.equal(times.length, 3);
  });

  it('opens the diff of one file', async () => {
    await only('5f0d7c1e', 'Count in cents');
    const { checkpoint } = harbor.checkpoint('Count in cents and round once');
    await (await editor.treeRow('Sessions', 'prices.ts')).click();
    const title = `prices.ts (checkpoint ${checkpoint.slice(0, 8)})`;
    await editor.waitFor(`the tab "${title}"`, async () => (await editor.tabs()).includes(title));
    await editor.waitFor('both sides of the diff', async () => {
      const { original, modified } = await editor.diffText();
      return original.includes('  amount: number;') && modified.includes('  cents: number;');
    });
    await editor.closeEditors();
  });

  it('opens everything that a checkpoint changed at once', async () => {
    await editor.rowActionOpens('Sessions', 'Prices carry a currency', 'Open Diff', '.multiDiffEntry');
    const shown = await editor.waitFor('two files with their text', async () => {
      const diff = await editor.multiDiff();
      return diff.files.length === 2 && diff.text.includes("'EUR' | 'USD'") ? diff : undefined;
    });
    assert.deepEqual(shown.files.toSorted(), ['currency.ts', 'prices.ts']);
    assert.ok(shown.text.includes('currency: Currency;'), shown.text);
    await editor.closeEditors();
  });

  it('opens the diff of a deleted file', async () => {
    await only('0199a3d2', 'Reminders replace the mailer');
    assert.equal(await editor.rowLetter('Sessions', 'mail.ts'), 'D');
    await (await editor.treeRow('Sessions', 'mail.ts')).click();
    await editor.waitFor('the deleted text on the left, nothing on the right', async () => {
      const { original, modified } = await editor.diffText();
      return original.includes('Sends mail, one at a time') && modified.trim() === '';
    });
    await editor.closeEditors();
  });

  it('opens the diff of a binary file as pictures', async () => {
    await only('copilot-assets', 'A logo for the new year');
    await (await editor.treeRow('Sessions', 'logo.png')).click();
    const pictures = editor.page.locator('iframe.webview.ready');
    await editor.waitFor('two pictures', async () => (await pictures.count()) === 2);
    await editor.waitFor('the picture inside', async () => {
      const loaded = editor.webview().locator('body.ready img, body img');
      return (await loaded.count()) > 0;
    });
    await editor.screenshot('binary');
    await editor.closeEditors();
  });

  it('is told where there is nothing to restore', async () => {
    await only('0199a3d2', 'Reminders replace the mailer');
    await editor.rowActionOpens('Sessions', 'mail.ts', 'Restore File', '.notification-list-item');
    await editor.notification('Everything already matches checkpoint');
    await editor.clearNotifications();
  });

  it('restores one file, and takes that back', async () => {
    const own = harbor.workspace.own();
    const before = harbor.workspace.read('src/currency.ts');
    await only('5f0d7c1e', 'Prices carry a currency');
    await editor.rowActionAsks('Sessions', 'currency.ts', 'Restore File', 'Restore checkpoint');
    await editor.quickPickSays(/^1 will be written, 0 deleted\./);
    const lines = await editor.quickPickLines();
    assert.deepEqual(
      lines.map(({ label, description, ticked }) => [label, description, ticked]),
      [['src/currency.ts', 'will be written', true]],
    );
    await editor.page.keyboard.press('Enter');
    await editor.notification('Restored: 1 file written, 0 files deleted.');
    assert.ok(!harbor.workspace.read('src/currency.ts').includes('GBP'));
    assert.equal(harbor.workspace.own(), own);
    await editor.notificationButton('Restored:', 'Undo');
    await editor.notification('The restore was undone: 1 file written');
    assert.equal(harbor.workspace.read('src/currency.ts'), before);
    assert.equal(harbor.workspace.own(), own);
    await editor.clearNotifications();
  });

  it('restores a checkpoint, by keyboard alone, and chooses each path', async () => {
    const { workspace } = harbor;
    workspace.write('src/prices.ts', `${workspace.read('src/prices.ts')}// by hand\n`);
    workspace.git('add', 'README.md');
    const own = workspace.own();
    const byHand = workspace.read('src/prices.ts');
    const reminders = workspace.read('src/reminders.ts');
    const { keyboard } = editor.page;

    await keyboard.press('F1');
    await editor.page.locator('.quick-input-widget:visible input.input').waitFor();
    await keyboard.type('Belay: Restore Checkpoint');
    await editor.focusedLine('Restore Checkpoint');
    await keyboard.press('Enter');
    await editor.quickPickSays(/^Restore which checkpoint\?/);
    await keyboard.type('Count in cents');
    await editor.focusedLine('Count in cents');
    await keyboard.press('Enter');

    const { checkpoint } = harbor.checkpoint('Count in cents and round once');
    await editor.quickInputTitled(`Restore checkpoint ${checkpoint.slice(0, 8)} into harbor`);
    const lines = await editor.quickPickLines();
    const other = 'will be written · written last by session';
    assert.deepEqual(
      lines.map(({ label, description, ticked }) => [ticked, label, description]),
      [
        [true, 'src/currency.ts', 'will be written'],
        [true, 'src/dates.ts', 'will be deleted'],
        [true, 'test/prices.test.ts', 'will be deleted'],
        [false, 'assets/logo.png', `${other} copilot-assets`],
        [false, 'src/berths.ts', 'will be deleted · written last by session 0199a3d2…93aa'],
        [false, 'src/mail.ts', `${other} 0199a3d2…93aa`],
        [false, 'src/prices.ts', 'will be written · changed since the last checkpoint'],
        [false, 'src/reminders.ts', `${other} 0199a3d2…93aa`],
      ],
    );
    assert.equal(lines[0]?.group, 'Will be restored');
    assert.equal(lines[3]?.group, 'Left alone unless you tick them');
    await editor.quickPickSays(/^1 will be written, 2 deleted\./);
    assert.ok(lines.every(({ label, spoken }) => spoken.includes(label)));

    await editor.moveTo('src/mail.ts');
    await keyboard.press('Space');
    await editor.quickPickSays(/^2 will be written, 2 deleted\./);
    await keyboard.press('Enter');
    const told = await editor.notification('Restored: 2 files written, 2 files deleted.');
    assert.match(
      await told.innerText(),
      /Left alone: .*src\/prices\.ts \(changed since the last checkpoint\)/,
    );

    assert.ok(workspace.read('src/mail.ts').includes('Sends mail'));
    assert.ok(!workspace.read('src/currency.ts').includes('GBP'));
    assert.deepEqual([workspace.has('src/dates.ts'), workspace.has('test/prices.test.ts')], [false, false]);
    assert.equal(workspace.read('src/prices.ts'), byHand);
    assert.equal(workspace.read('src/reminders.ts'), reminders);
    assert.equal(workspace.has('src/berths.ts'), true);
    assert.equal(workspace.own(), own);
    await editor.clearNotifications();
  });

  it('undoes it from the palette', async () => {
    const { workspace } = harbor;
    await editor.palette('Belay: Undo Last Restore');
    await editor.notification('The restore was undone: 3 files written, 1 file deleted.');
    assert.deepEqual(
      ['src/mail.ts', 'src/dates.ts', 'test/prices.test.ts'].map((file) => workspace.has(file)),
      [false, true, true],
    );
    assert.ok(workspace.read('src/currency.ts').includes('GBP'));
    await editor.clearNotifications();
  });

  it('creates a branch from a checkpoint, and stays on its own', async () => {
    const { workspace } = harbor;
    const own = workspace.own();
    await only('5f0d7c1e', 'Test discounts');
    await editor.rowMenu('Sessions', 'Count in cents', 'Create Branch from Checkpoint');
    await editor.quickInputTitled('Branch from checkpoint');
    await editor.inputBox('rescue/prices');
    await editor.notification('Branch rescue/prices now holds checkpoint');
    const { tree } = harbor.checkpoint('Count in cents and round once');
    assert.equal(workspace.git('rev-parse', 'rescue/prices^{tree}'), tree);
    assert.equal(workspace.git('rev-list', '--count', 'main..rescue/prices'), '1');
    workspace.git('branch', '--quiet', '-D', 'rescue/prices');
    assert.equal(workspace.own(), own);
    await editor.clearNotifications();
  });

  it('finds a checkpoint and shows it in the tree', async () => {
    await editor.viewAction('Sessions', 'Collapse All');
    await editor.palette('Belay: Show Checkpoint');
    await editor.quickPickSays(/^Show which checkpoint\?/);
    await editor.page.keyboard.type('Describe');
    await editor.quickPick('Describe the API');
    const spoken = await editor.waitFor('the keyboard on its row', async () => {
      const label = await editor.focusedRow();
      return label.includes('Describe the API') ? label : undefined;
    });
    assert.match(spoken, /^Checkpoint Describe the API in the README, 3h ago, step 1, by Gemini$/);
  });

  it('lists the worktrees with branch, base and last checkpoint', async () => {
    const base = harbor.workspace.git('rev-parse', 'HEAD').slice(0, 8);
    const rows = await editor.waitFor('two worktrees', async () => {
      const found = await editor.treeRows('Worktrees');
      return found.length === 2 ? found : undefined;
    });
    assert.match(rows[0] ?? '', new RegExp(`^harbor main · base ${base} · `));
    assert.match(
      rows[1] ?? '',
      new RegExp(`^harbor-checkout topic/checkout · base ${base} · \\d+m(?:in)? ago$`),
    );
    await editor.expand('Worktrees', 'harbor-checkout');
    await editor.treeRow('Worktrees', 'A page to check out');
    const spoken = await editor.spokenRows('Worktrees');
    assert.ok(spoken.some((label) => label.startsWith('Worktree harbor-checkout, topic/checkout, base ')));
  });

  it('reads what backups will be', async () => {
    assert.match(
      await editor.welcomeText('Backups'),
      /No backups\. Before anything drops commits, Belay saves/,
    );
  });

  it('is warned where something is not covered, and no longer when it is', async () => {
    const { workspace } = harbor;
    const tool = path.join(workspace.folder, 'tool');
    mkdirSync(tool);
    workspace.git('init', '--quiet', tool);
    workspace.write('trace.bin', Buffer.alloc(2 * 1024 * 1024, 7));
    workspace.write('src/dates.ts', 'export const year = 2032;\n');
    await editor.palette('Belay: Checkpoint Now');
    await editor.notification('2 paths not saved');
    const item = await editor.statusBarItem('Belay: 2 paths not saved');
    await editor.waitFor('the warning colour', async () =>
      /warning-kind/.test((await item.getAttribute('class')) ?? ''),
    );
    await editor.screenshot('uncovered');
    await only('editor-', '2 paths not saved');
    const rows = await editor.waitFor('the rows that name them', async () => {
      const found = (await editor.treeRows('Sessions')).filter((row) => row.includes('not saved: '));
      return found.length === 2 ? found : undefined;
    });
    assert.deepEqual(rows.toSorted(), [
      'tool not saved: a repository of its own',
      'trace.bin not saved: larger than the size limit',
    ]);
    rmSync(tool, { recursive: true });
    workspace.delete('trace.bin');
    workspace.write('src/dates.ts', 'export const year = 2033;\n');
    await editor.palette('Belay: Checkpoint Now');
    const covered = await editor.statusBarItem('Belay: saved just now');
    assert.doesNotMatch((await covered.getAttribute('class')) ?? '', /warning-kind/);
    await editor.clearNotifications();
  });

  it('asks the doctor, who finds nothing wrong, or mends what is', async () => {
    await editor.palette('Belay: Run Health Check');
    await editor.quickInputTitled('Belay Health Check');
    await editor.quickPickSays(/^No problems were found\./);
    await editor.screenshot('doctor');
    await editor.page.keyboard.press('Escape');
    await editor.quickPickGone();

    const lock = harbor.workspace.at('.git/refs/belay/shadow/main/current.lock');
    writeFileSync(lock, '');
    const longAgo = Date.now() / 1000 - 3_600;
    utimesSync(lock, longAgo, longAgo);
    await editor.palette('Belay: Run Health Check');
    await editor.quickPickSays(/^One problem was found\./);
    await editor.screenshot('doctor-problem');
    await editor.quickPick('Fix problems automatically');
    await editor.waitFor('the lock to go', () => Promise.resolve(!existsSync(lock)));
    await editor.clearNotifications();
  });

  it('reads in the log what was done', async () => {
    await editor.palette('Belay: Show Log');
    await editor.waitFor('the doctor in the log', async () =>
      (await editor.outputText()).includes('doctor:'),
    );
  });

  it('had Belay activated in a moment', async () => {
    await editor.palette('Developer: Show Running Extensions');
    const row = editor.page
      .locator('.runtime-extensions-editor .monaco-list-row')
      .filter({ hasText: 'Belay' });
    await editor.visible(row, 'Belay among the running extensions');
    const time = await row.locator('.activation-time').innerText();
    console.log(`      ${time} (by VS Code's own count)`);
    await editor.closeEditors();
  });
});
