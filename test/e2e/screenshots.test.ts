import assert from 'node:assert/strict';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EditorPage } from '../support/editorPage';
import { borrowServer, giveBack } from '../support/editors';
import { type EditorServer, whichVSCode } from '../support/editorServer';
import { Diverged } from './diverged';
import { Harbor } from './harbor';
import { ReviewPage } from './reviewPage';

const folder = path.resolve('artifacts', 'screenshots', 'readme');
const largest = 200_000;

const settings = {
  'workbench.colorTheme': 'Default Dark Modern',
  'editor.minimap.enabled': false,
  'editor.fontSize': 13,
  'editor.renderLineHighlight': 'none',
  'editor.occurrencesHighlight': 'off',
  'diffEditor.renderSideBySide': true,
  'diffEditor.hideUnchangedRegions.enabled': false,
  'typescript.validate.enable': false,
};

async function widen(editor: EditorPage, width: number): Promise<void> {
  const box = await editor.page.locator('.part.sidebar').boundingBox();
  assert.ok(box);
  const edge = box.x + box.width;
  await editor.page.mouse.move(edge, 400);
  await editor.page.mouse.down();
  await editor.page.mouse.move(box.x + width, 400, { steps: 5 });
  await editor.page.mouse.up();
}

/** Nothing that only the mouse or the moment brought. */
async function shot(editor: EditorPage, name: string, height: number, still?: string): Promise<void> {
  const spinner = editor.page.locator('.statusbar-item .codicon-loading, .monaco-progress-container.active');
  await editor.waitFor('the editor to be quiet', async () => (await spinner.count()) === 0);
  if (still !== undefined) {
    await editor.visible(editor.page.locator(still).first(), 'what the picture is of');
  }
  await editor.page.mouse.move(1_050, 17);
  const file = path.join(folder, `${name}.png`);
  const clip = { x: 0, y: 0, width: 1280, height };
  await editor.page.screenshot({ path: file, clip, caret: 'hide', animations: 'disabled' });
  const { size } = statSync(file);
  console.log(`      ${name}.png, ${(size / 1000).toFixed(0)} kB`);
  assert.ok(size < largest);
}

/**
 * The pictures of the README. They lie in artifacts/screenshots/readme; to renew those that the README shows:
 *
 *   node scripts/e2e.mjs --vscode current --grep screenshots
 *   cp artifacts/screenshots/readme/*.png media/screenshots/
 */
describe('screenshots for the README', () => {
  let harbor: Harbor;
  let server: EditorServer;
  let editor: EditorPage;

  before(async function () {
    if (whichVSCode() === 'oldest') {
      this.skip();
    }
    mkdirSync(folder, { recursive: true });
    harbor = await Harbor.create();
    server = await borrowServer({ settings });
    editor = await EditorPage.open(server, harbor.workspace.folder, { width: 1280, height: 800 });
    await editor.focusView('Sessions');
    await widen(editor, 400);
    await editor.expand('Sessions', '0199a3d2');
    await editor.expand('Sessions', '5f0d7c1e', 'Prices carry a currency', 'Test discounts');
  });

  after(async () => {
    // Not there on the oldest version, where none is taken.
    if (whichVSCode() === 'current') {
      await editor.close();
      await giveBack(server);
      harbor.remove();
    }
  });

  it('of the sidebar', async () => {
    await editor.openFile(harbor.workspace.at('src/reminders.ts'));
    await editor.waitFor('its text', async () => (await editor.editorText()).includes('reminded'));
    await shot(editor, 'sidebar', 800);
    await editor.closeEditors();
  });

  it('of the preview of a restore', async () => {
    await editor.rowActionAsks('Sessions', 'Count in cents', 'Restore Checkpoint', 'Restore checkpoint');
    await editor.quickPickSays(/^1 will be written, 1 deleted/);
    await shot(editor, 'restore', 420, '.quick-input-widget .monaco-list-row');
    await editor.page.keyboard.press('Escape');
    await editor.quickPickGone();
  });

  it("of a checkpoint's diff", async () => {
    await editor.rowActionOpens('Sessions', 'Prices carry a currency', 'Open Diff', '.multiDiffEntry');
    await editor.waitFor('both files', async () => {
      const { files, text } = await editor.multiDiff();
      return files.length === 2 && text.includes('currency: Currency;');
    });
    await shot(editor, 'diff', 800);
    await editor.closeEditors();
  });
});

describe('screenshots for the README, of a branch that was reset', () => {
  it('on the review page', async function () {
    if (whichVSCode() === 'oldest') {
      this.skip();
    }
    const repo = Diverged.create();
    const server = await borrowServer({ settings });
    try {
      const token = await repo.start('night');
      await repo.save('night', token);
      const editor = await EditorPage.open(server, repo.workspace.folder, { width: 1280, height: 800 });
      await editor.focusView('Sessions');
      repo.conflict();
      await repo.sync('reset');
      await editor.notificationButton('main had diverged', 'Review');
      await new ReviewPage(editor).answerable('Continue');
      await widen(editor, 400);
      await shot(editor, 'review', 800);
      await editor.close();
    } finally {
      await giveBack(server);
      repo.remove();
    }
  });
});

describe('screenshots for the README, of worktrees on a pin', () => {
  it('with how each stands to it', async function () {
    if (whichVSCode() === 'oldest') {
      this.skip();
    }
    const repo = Diverged.create();
    const { workspace } = repo;
    const at = (name: string, file: string): string => path.join(workspace.base, `harbor-${name}`, file);
    const git = (name: string, ...args: string[]): string => workspace.git('-C', at(name, ''), ...args);
    mkdirSync(folder, { recursive: true });
    repo.push({ 'src/berths.ts': 'export const berths = 12;\n' }, 'Twelve berths');
    await workspace.belay(['pin', 'set', 'release', 'origin/main', '--fetch']);
    const names = ['--branch', 'agent-{n}', '--pin', 'release', '--count', '4'];
    await workspace.belay(['worktree', 'add', at('agent-{n}', ''), ...names]);
    git('agent-1', 'commit', '--quiet', '--allow-empty', '--message=Own');
    git('agent-2', 'reset', '--quiet', '--hard', 'HEAD~1');
    git('agent-4', 'reset', '--quiet', '--hard', 'HEAD~1');
    writeFileSync(at('agent-3', 'notes.md'), 'Not committed yet.\n');
    writeFileSync(at('agent-4', 'README.md'), '# The other harbor\n');
    git('agent-4', 'commit', '--quiet', '--all', '--message=Another name');
    const server = await borrowServer({ settings });
    try {
      const editor = await EditorPage.open(server, workspace.folder, { width: 1280, height: 800 });
      await editor.focusView('Worktrees');
      await widen(editor, 560);
      await editor.treeRow('Worktrees', 'diverged from the pin');
      await editor.rowActionAsks('Worktrees', 'set by', 'Apply Pin', 'Bring worktrees to the pin release');
      await editor.quickInputTitled('Bring worktrees to the pin release');
      await shot(editor, 'worktrees', 800, '.quick-input-widget .monaco-list-row');
      await editor.close();
    } finally {
      await giveBack(server);
      repo.remove();
    }
  });
});
