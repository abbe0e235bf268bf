import assert from 'node:assert/strict';
import { EditorPage } from '../support/editorPage';
import { borrowServer, giveBack } from '../support/editors';
import type { EditorServer } from '../support/editorServer';
import { Diverged } from './diverged';
import { ReviewPage } from './reviewPage';

const file = 'src/<img src=x onerror=window.hurt=1>$(alert).ts';
const subject = '<script>window.hurt=1</script> "quoted" [link](command:belay.doctor) \u202egnp.exe';
// git itself takes angle brackets out of names.
const author = 'Mallory & "sons" &lt;b&gt; $(alert)';
const session = `"><button data-answer="continue">Hi</button>`;

/** The review page with names that would do harm, without a mouse, in every theme, and where it does not load at all. */
describe('the review page', () => {
  let repo: Diverged;
  let server: EditorServer;
  let editor: EditorPage;
  let review: ReviewPage;

  before(async () => {
    repo = Diverged.create('harbor', '*.env');
    const { workspace } = repo;
    workspace.git('checkout', '--quiet', '-b', 'topic/<i>x</i>', '--track', 'origin/main');
    await repo.start(session);
    workspace.write('src/prices.ts', 'export const price = 0;\n');
    workspace.write(file, 'one\n');
    workspace.git('config', 'user.name', author);
    repo.push({ 'src/prices.ts': "export const price = 'theirs';\n" }, subject);
    workspace.commit(subject);
    workspace.write(file, 'two\n');
    server = await borrowServer({ settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
    editor = await EditorPage.open(server, workspace.folder, { width: 1400, height: 1300 });
    review = new ReviewPage(editor);
    await editor.focusView('Sessions');
    await editor.treeRow('Sessions', 'data-answer');
    assert.equal(await repo.sync('reset'), 'diverged_recovered_by_reset');
    await editor.treeRow('Needs You', 'Belay reset a branch');
  });

  after(async () => {
    await editor.close();
    await giveBack(server);
    repo.remove();
  });

  const press = (key: string) => editor.page.keyboard.press(key);
  const plain = (text: string) => text.replaceAll('\u200b', '').replace('\u202e', '\ufffd');

  async function theme(name: string): Promise<void> {
    await editor.palette('Preferences: Color Theme');
    await editor.page.keyboard.type(name);
    await editor.focusedLine(name);
    await press('Enter');
    await editor.quickPickGone();
  }

  it('opens by keyboard alone, on the safe choice, and Escape decides nothing', async () => {
    await editor.focusView('Needs You');
    await editor.waitFor('its row to open the page', async () => {
      await press('Home');
      const row = await editor.focusedRow();
      if (row.startsWith('Needs you: Belay reset a branch, topic/<i>x</i>, 1 commit')) {
        await press('Enter');
      }
      return (await editor.tabs()).some((tab) => tab.startsWith('Review'));
    });
    await review.answerable('Continue');
    await editor.waitFor(
      'the keyboard on the safe choice',
      async () => (await review.focused()) === 'Continue',
    );
    await press('Escape');
    assert.equal((await repo.decision()).status, 'pending');
    for (const next of ['Bring My Commits Back', 'Abort', 'Open Diff']) {
      await press('Tab');
      assert.equal(await review.focused(), next);
    }
  });

  it('shows hostile names as text', async () => {
    const text = plain(await review.text());
    for (const part of [file, subject, author, 'topic/<i>x</i>', session.slice(0, 25)]) {
      assert.ok(text.includes(plain(part)), `${part} is not in: ${text}`);
    }
    const lively = await review.run(
      `[...document.querySelectorAll('main img, main script, main b, main i, main a')].map((one) => one.outerHTML)`,
    );
    assert.deepEqual(lively, []);
    assert.deepEqual(await review.answers(), ['Continue', 'Bring My Commits Back', 'Abort']);
    assert.equal(await review.run('window.hurt'), undefined);
    assert.equal(await editor.page.evaluate('window.hurt'), undefined);
  });

  it('allows no script, style or source but its own', async () => {
    const policy = String(
      await review.run(`document.querySelector('meta[http-equiv="Content-Security-Policy"]').content`),
    );
    assert.match(policy, /^default-src 'none'; style-src [^;]*; script-src 'nonce-[0-9a-f]{32}'$/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(
      await review.run(`document.querySelectorAll('main [style], main style, main [onclick]').length`),
      0,
    );
    assert.equal(await review.run('document.documentElement.lang'), 'en');
    const page = String(await review.run('document.documentElement.outerHTML'));
    assert.doesNotMatch(
      page,
      /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/,
      'no nonce in it',
    );
  });

  it('gives a screen reader headings, names and what each answer does', async () => {
    const names = await review.run(
      `[...document.querySelectorAll('main button')].map((one) => one.getAttribute('aria-label') || one.textContent.trim())`,
    );
    assert.ok(Array.isArray(names) && names.length > 4 && !names.includes(''));
    const described = await review.run(
      `[...document.querySelectorAll('[data-answer]')].every((one) => document.getElementById(one.getAttribute('aria-describedby')).textContent.trim() !== '')`,
    );
    assert.equal(described, true);
    const headings = await review.run(
      `[...document.querySelectorAll('h1, h2')].map((one) => one.tagName + ' ' + one.textContent.trim().split(/\\s{2,}|\\d/)[0].trim())`,
    );
    assert.deepEqual(headings, [
      'H1 Belay reset a branch',
      'H2 Your answer',
      'H2 Dropped commits',
      'H2 Uncommitted work that was saved',
      'H2 Backup',
      'H2 Waiting sessions',
    ]);
  });

  it('looks as it should in every theme', async () => {
    await editor.screenshot('review-dark');
    for (const [name, picture] of [
      ['Light Modern', 'review-light'],
      ['Dark High Contrast', 'review-contrast-dark'],
      ['Light High Contrast', 'review-contrast-light'],
    ] as const) {
      await theme(name);
      await review.answerable('Continue');
      await review.run(`document.querySelector('[data-answer]').focus()`);
      await editor.screenshot(picture);
    }
  });

  it('offers only Abort where the reset failed', async () => {
    const { workspace } = repo;
    await review.answer('Continue');
    await review.says('status', /^Done: Continue\./);
    repo.push({ 'src/prices.ts': "export const price = 'theirs again';\n" });
    workspace.write('src/prices.ts', "export const price = 'ours again';\n");
    workspace.git('commit', '--quiet', '--all', '--message=Ours again');
    const head = workspace.git('rev-parse', 'HEAD');
    assert.equal(await repo.syncOnFullDisk(), 'reset_failed');
    await (await editor.treeRow('Needs You', 'A reset failed')).click();
    assert.equal(await review.title(), 'A reset failed');
    assert.deepEqual(await review.answers(), ['Abort']);
    assert.match(await review.text(), /No space left on device/);
    await editor.screenshot('review-reset-failed');
    await review.answer('Abort');
    await review.says('status', /^Done: Abort\./);
    assert.equal(workspace.git('rev-parse', 'HEAD'), head);
    assert.match(workspace.read('src/prices.ts'), /ours again/);
  });

  it('gives way to a dialog where it does not load', async () => {
    await editor.closeEditors();
    assert.equal(await repo.sync('reset'), 'diverged_recovered_by_reset');
    // Whatever the page sends from now on, nobody hears it.
    await editor.page.addInitScript({ content: deaf });
    await (await editor.treeRow('Needs You', 'Belay reset a branch')).click();
    await editor.notificationButton('The review page does not load here.', 'Answer in a Dialog');
    const lines = await editor.quickPickLines();
    assert.deepEqual(
      lines.map(({ label }) => label),
      ['Continue', 'Bring My Commits Back', 'Abort'],
    );
    await editor.screenshot('review-dialog');
    await editor.quickPick('Continue');
    assert.match(await editor.modalText(), /^topic\/<i>x<\/i>: Continue\? /);
    await editor.modalButton('Continue');
    await editor.notification('Done: Continue.');
    assert.equal((await repo.decision()).answer, 'continue');
  });
});

const deaf = `Object.defineProperty(window, 'acquireVsCodeApi', {
  get: () => () => ({ postMessage() {}, setState() {} }),
  set() {},
});`;
