import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { EditorPage } from '../support/editorPage';
import { borrowServer, giveBack } from '../support/editors';
import type { EditorServer } from '../support/editorServer';
import { Workspace } from '../support/workspace';
import { setBack } from './harbor';

const Claimed = v.object({ token: v.string() });
const Checked = v.object({ held: v.boolean(), owner: v.nullable(v.string()) });
const Failed = v.object({ code: v.number(), stdout: v.string() });
const Refusal = v.object({
  error: v.object({ reason: v.string(), owner: v.string(), kept: v.object({ checkpoint: v.string() }) }),
});

/** A person who stops agents, with the agents as processes of the command line. */
describe('a person who decides who may write', () => {
  let workspace: Workspace;
  let server: EditorServer;
  let editor: EditorPage;
  let token: string;

  before(async () => {
    workspace = Workspace.empty('harbor');
    workspace.write('README.md', '# Harbor\n');
    workspace.write('src/mail.ts', 'export const mail = 1;\n');
    workspace.write('src/prices.ts', 'export const price = 1;\n');
    workspace.commit('Harbor 1.0');
    token = await start('night', 'codex', 'night-shift');
    workspace.write('src/prices.ts', 'export const price = 2;\n');
    await save('night', 'codex', token, 'Prices in cents');
    server = await borrowServer();
    editor = await EditorPage.open(server, workspace.folder, { width: 1500, height: 1000 });
    await editor.focusView('Sessions');
    await editor.treeRow('Sessions', 'night');
  });

  // What a test that failed has left on show is not in the way of the next one.
  beforeEach(async () => {
    await editor.clearNotifications();
    await editor.focusView('Sessions');
  });

  after(async () => {
    await editor.close();
    await giveBack(server);
    workspace.remove();
  });

  async function start(session: string, agent: string, owner: string): Promise<string> {
    const args = ['session', 'start', '--session', session, '--agent', agent, '--owner', owner];
    return v.parse(Claimed, await workspace.belay(args)).token;
  }

  const saving = (session: string, agent: string, lease: string, message: string) => {
    const who = ['--session', session, '--agent', agent, '--message', message];
    return ['checkpoint', ...who, ...(lease === '' ? [] : ['--lease', lease])];
  };
  const save = (session: string, agent: string, lease: string, message: string) =>
    workspace.belay(saving(session, agent, lease, message));

  /** The agent tries to save, and hears why it cannot. */
  async function cannotSave(session: string, lease: string): Promise<v.InferOutput<typeof Refusal>['error']> {
    const thrown = await save(session, 'codex', lease, 'Too late').then(
      () => assert.fail('it was not refused'),
      (refusal: unknown) => refusal,
    );
    const { code, stdout } = v.parse(Failed, thrown);
    assert.equal(code, 1, stdout);
    return v.parse(Refusal, JSON.parse(stdout)).error;
  }

  async function holder(resource: string): Promise<string | null> {
    return v.parse(Checked, await workspace.belay(['lease', 'check', resource])).owner;
  }

  async function rowOf(view: string, begin: string, expected = /./): Promise<string> {
    return await editor.waitFor(
      `a row of "${view}" that begins with "${begin}" and is ${String(expected)}`,
      async () => (await editor.treeRows(view)).find((row) => row.startsWith(begin) && expected.test(row)),
    );
  }

  it('sees who holds a session, and how they are', async () => {
    assert.match(
      await rowOf('Sessions', 'night'),
      /^night Codex · alive · held by night-shift since \d.* · (?:just now|[1-9]m(?:in)? ago) · 1 checkpoint$/,
    );
    const hover = await editor.hover(await editor.treeRow('Sessions', 'night'));
    for (const part of ['alive: last heartbeat', 'Held by: night-shift', 'Since: ', 'Agent: Codex']) {
      assert.ok(hover.includes(part), `${part} is not in: ${hover}`);
    }
    const spoken = await editor.spokenRows('Sessions');
    assert.ok(
      spoken.some((label) =>
        /^Session night, Codex, held by night-shift since .*, alive: last heartbeat/.test(label),
      ),
      spoken.join('\n'),
    );
  });

  it('sees beside each dirty file who wrote it last, and asks for more', async () => {
    await editor.palette('View: Show Explorer');
    await editor.openFile(workspace.at('src/prices.ts'));
    await editor.waitFor('the badge of Codex', async () =>
      /\bCx\b/.test(await editor.explorerBadge('prices.ts')),
    );
    assert.doesNotMatch(await editor.explorerBadge('mail.ts'), /\bCx\b/);
    await editor.screenshot('leases-explorer');
    await editor.palette('Belay: Who Owns This File?');
    const told = await editor.notification('src/prices.ts: Written last by Codex, session night (alive), ');
    assert.match(await told.innerText(), /\(alive\), (?:just now|\d+m(?:in)? ago)\./);
    await editor.notificationButton('src/prices.ts: Written last', 'Show Session');
    await editor.waitFor('the keyboard on its row', async () =>
      (await editor.focusedRow()).startsWith('Session night'),
    );
    await editor.clearNotifications();
    await editor.closeEditors();
  });

  it('is told whom taking over stops, and changes nothing by leaving', async () => {
    await editor.rowMenu('Sessions', 'night', 'Take Over Session');
    const text = await editor.modalText();
    for (const part of [
      'Take over session night?',
      'This stops its owner: night-shift (Codex) has held it since ',
      'It is alive: last heartbeat',
      'Its next write will be rejected; what it tries to save is kept in a separate checkpoint.',
    ]) {
      assert.ok(text.includes(part), `${part} is not in: ${text}`);
    }
    assert.deepEqual((await editor.modalButtons()).toSorted(), ['Cancel', 'Take Over']);
    await editor.screenshot('leases-take-over');
    await editor.page.keyboard.press('Escape');
    await editor.waitFor(
      'the dialog to close',
      async () => (await editor.page.locator('.monaco-dialog-box').count()) === 0,
    );
    assert.equal(await holder('session/night'), 'night-shift');
  });

  it('takes a session over with one confirmation', async () => {
    await editor.rowActionOpens('Sessions', 'night', 'Take Over Session', '.monaco-dialog-box');
    await editor.modalButton('Take Over');
    await editor.notification('You now hold session night.');
    await rowOf('Sessions', 'night', /Codex · lost · held by you since /);
    assert.match((await holder('session/night')) ?? '', /^editor-[0-9a-f]{8}$/);
    await editor.clearNotifications();
  });

  it('is told once, quietly, that the earlier owner was fenced off, and sees what it tried to save', async () => {
    workspace.write('src/mail.ts', 'export const mail = "too late";\n');
    const refusal = await cannotSave('night', token);
    assert.equal(refusal.reason, 'lease_lost');
    assert.match(refusal.owner, /^editor-/);
    const told = await editor.notification('Writes for session night (Codex) were rejected:');
    assert.match(
      await told.innerText(),
      /its write lock was no longer valid\. You have held its write lock since .*What it tried to save \(1 file\) is kept/,
    );
    await editor.statusBarItem('· 1 rejected');
    // It comes in from the side.
    await sleep(600);
    await editor.screenshot('leases-fenced');
    await editor.notificationButton('Writes for session night', 'Show');
    await editor.treeRow('Sessions', 'Rejected write: tried to save 1 file');
    await editor.waitFor(
      'the status bar to say no more of it',
      async () =>
        (await editor.page.locator('.statusbar-item').filter({ hasText: 'rejected' }).count()) === 0,
    );
    await editor.expand('Sessions', 'Rejected write: tried to save 1 file');
    await (await editor.treeRow('Sessions', 'mail.ts')).click();
    await editor.waitFor('both sides of the diff', async () => {
      const { original, modified } = await editor.diffText();
      return original.includes('mail = 1;') && modified.includes('"too late"');
    });
    await editor.screenshot('leases-stale');
    await editor.closeEditors();
  });

  it('is not told again of a writer that goes on trying', async () => {
    workspace.write('src/mail.ts', 'export const mail = "later still";\n');
    await cannotSave('night', token);
    await rowOf('Sessions', 'night', /2 rejected writes/);
    await sleep(1_000);
    assert.deepEqual(await editor.notificationTexts(), []);
  });

  it('makes a branch from what a fenced writer tried to save', async () => {
    await editor.rowMenu('Sessions', 'Rejected write: tried to save 1 file', 'Create Branch from Checkpoint');
    await editor.quickInputTitled('Branch from checkpoint');
    await editor.inputBox('rescue/mail');
    await editor.notification('Branch rescue/mail now holds checkpoint');
    assert.match(workspace.git('show', 'rescue/mail:src/mail.ts'), /later still/);
    await editor.clearNotifications();
  });

  it('gives a session back without being asked', async () => {
    await editor.waitFor('nobody to hold it', async () => {
      if ((await holder('session/night')) !== null) {
        await editor.rowAction('Sessions', 'night', 'Release');
        await sleep(1_000);
      }
      return (await holder('session/night')) === null;
    });
    assert.equal(await editor.page.locator('.monaco-dialog-box').count(), 0);
    token = await start('night', 'codex', 'night-shift');
    await save('night', 'codex', token, 'Back again');
    await rowOf('Sessions', 'night', /alive · held by night-shift/);
  });

  it('takes over from the palette, but not from somebody they did not see', async () => {
    await editor.palette('Belay: Take Over Session');
    await editor.quickPickSays(/^Take over which session\?/);
    const lines = await editor.quickPickLines();
    const line = lines.find(({ label }) => label === 'night');
    assert.match(line?.detail ?? '', /^held by night-shift since /);
    await editor.quickPick('night');
    await editor.modalText();
    token = v.parse(
      Claimed,
      await workspace.belay(['lease', 'claim', 'session/night', '--owner', 'day-shift', '--take-over']),
    ).token;
    await editor.modalButton('Take Over');
    await editor.notification(
      'Nothing was done, because something changed in the meantime. day-shift took over its',
    );
    assert.equal(await holder('session/night'), 'day-shift');
    await rowOf('Sessions', 'night', /held by day-shift/);
    await editor.clearNotifications();
  });

  it('ends a session, which goes to those that have ended', async () => {
    await editor.rowMenu('Sessions', 'night', 'End Session');
    assert.match(await editor.modalText(), /^End session night\? This stops its owner: day-shift/);
    await editor.modalButton('End Session');
    await rowOf('Sessions', 'Ended', /^Ended 1 session$/);
    assert.ok(!(await editor.treeRows('Sessions')).some((row) => row.startsWith('night')));
    assert.equal((await cannotSave('night', token)).reason, 'lease_lost');
    await editor.expand('Sessions', 'Ended');
    await rowOf('Sessions', 'night', /Codex · ended · \d rejected writes/);
    await editor.clearNotifications();
  });

  it('sees who holds a worktree, and releases it', async () => {
    await workspace.belay(['lease', 'claim', 'worktree/main', '--owner', 'mover', '--agent', 'cursor']);
    await rowOf('Worktrees', 'harbor', /^harbor held by mover since \d.* · alive · main · /);
    const spoken = await editor.spokenRows('Worktrees');
    assert.match(spoken[0] ?? '', /^Worktree harbor, held by mover .*, alive: last heartbeat/);
    await editor.screenshot('leases-worktree');
    await editor.rowActionOpens('Worktrees', 'harbor', 'Release', '.monaco-dialog-box');
    assert.match(await editor.modalText(), /^Release worktree harbor\? mover \(Cursor\) has held it since /);
    await editor.modalButton('Release');
    await rowOf('Worktrees', 'harbor', /^harbor main · /);
    assert.equal(await holder('worktree/main'), null);
  });

  it('cannot restore while somebody is at work on the worktree', async () => {
    const before = workspace.read('src/mail.ts');
    await editor.expand('Sessions', 'night');
    await hold('mover');
    await restore();
    await editor.notification(
      'Nothing was restored: another session is changing this worktree. mover (Cursor) has held it',
    );
    assert.equal(workspace.read('src/mail.ts'), before);
    assert.equal(await holder('worktree/main'), 'mover');
    await editor.clearNotifications();
  });

  it('can take the worktree from somebody who is silent, but not from one they did not see', async () => {
    setBack(workspace.at('.git/belay/heartbeats/worktree-main'), 60);
    await restore();
    const text = await editor.modalText();
    assert.match(
      text,
      /^Take the worktree over and restore\? mover \(Cursor\) has held it since .* It is silent: .* 1h ago\./,
    );
    await editor.screenshot('leases-take-worktree');
    await hold('quicker', '--take-over');
    await editor.modalButton('Take Over and Restore');
    await editor.notification(
      'Nothing was restored: another session is changing this worktree. quicker has held it',
    );
    assert.equal(await holder('worktree/main'), 'quicker');
    await editor.clearNotifications();

    setBack(workspace.at('.git/belay/heartbeats/worktree-main'), 60);
    await restore();
    await editor.modalButton('Take Over and Restore');
    await editor.notification('Restored: 1 file written');
    assert.equal(workspace.read('src/mail.ts'), 'export const mail = "too late";\n');
    assert.equal(await holder('worktree/main'), null);
    await editor.clearNotifications();
  });

  async function hold(owner: string, ...more: string[]): Promise<void> {
    await workspace.belay(['lease', 'claim', 'worktree/main', '--owner', owner, ...more]);
  }

  /** Restores what the first fenced writer tried to save. */
  async function restore(): Promise<void> {
    const rows = await editor.waitFor('both fenced writes', async () => {
      const found = (await editor.view('Sessions'))
        .locator('.monaco-list-row')
        .filter({ hasText: 'Rejected write: tried' });
      return (await found.count()) === 2 ? found : undefined;
    });
    await rows.last().click();
    await editor.clickOpensTitled('Restore checkpoint', async () => {
      await rows.last().hover();
      await rows.last().locator('.action-label[aria-label*="Restore Checkpoint"]').click();
    });
    await editor.quickPickSays(/^\d will be written/);
    const lines = await editor.quickPickLines();
    if (lines.some(({ label, ticked }) => label === 'src/mail.ts' && !ticked)) {
      await editor.moveTo('src/mail.ts');
      await editor.page.keyboard.press('Space');
    }
    await editor.quickPickSays(/^1 will be written/);
    await editor.page.keyboard.press('Enter');
  }

  it('sees hostile names as text', async () => {
    const owner = '\u202e$(zap) **b** [x](command:c) \u001b[31m<img src=x onerror=window.hurt=1>';
    const agent = '$(flame) [y](command:d) <u>u</u>';
    const plain = (text: string) => text.replaceAll('\u200b', '');
    const shown = '\ufffd$(zap) **b** [x](command:c)';
    /** Whatever markup, icon or link of theirs became part of the page. */
    const lively = () =>
      editor.page.evaluate<unknown>(`[...document.querySelectorAll(
        '.pane-body .monaco-list-row, .dialog-message-container, .quick-input-list, .notification-list-item-message, .monaco-hover'
      )].flatMap((root) => [...root.querySelectorAll(
        'img, u, em, a[href], a[data-href], .codicon-zap, .codicon-flame'
      )].map((one) => one.outerHTML))`);
    await start('hostile', agent, owner);
    const row = plain(await rowOf('Sessions', 'hostile', /held by/));
    assert.ok(row.includes(`${agent} · alive · held by ${shown}`), row);
    const hover = plain(await editor.hover(await editor.treeRow('Sessions', 'hostile')));
    assert.ok(hover.includes(`Held by: ${shown} [31m<img src=x`), hover);
    assert.deepEqual(await lively(), []);
    await editor.page.mouse.move(0, 0);

    await editor.palette('Belay: Take Over Session');
    await editor.quickPickSays(/^Take over which session\?/);
    const line = (await editor.quickPickLines()).find(({ label }) => label === 'hostile');
    assert.ok(plain(line?.detail ?? '').startsWith(`held by ${shown}`), line?.detail);
    assert.ok(plain(line?.description ?? '').startsWith(agent), line?.description);
    assert.deepEqual(await lively(), []);
    await editor.screenshot('leases-hostile-pick');
    await editor.quickPick('hostile');
    const text = plain(await editor.modalText());
    assert.ok(text.includes(`This stops its owner: ${shown}`), text);
    assert.deepEqual(await lively(), []);
    await editor.screenshot('leases-hostile');
    await workspace.belay(['lease', 'claim', 'session/hostile', '--owner', `${owner} 2`, '--take-over']);
    await editor.modalButton('Take Over');
    const moved = plain(await (await editor.notification('Nothing was done')).innerText());
    assert.ok(moved.includes(`in the meantime. ${shown}`), moved);
    assert.deepEqual(await lively(), []);
    await editor.clearNotifications();

    workspace.write('src/mail.ts', 'export const mail = "hostile";\n');
    await save('hostile', agent, '', 'x').catch(() => undefined);
    const fenced = plain(await (await editor.notification('Writes for session hostile')).innerText());
    assert.ok(fenced.includes(`(${agent})`) && fenced.includes(shown), fenced);
    assert.deepEqual(await lively(), []);
    assert.equal(await editor.page.evaluate('window.hurt'), undefined);
    await editor.clearNotifications();
  });

  it('is not told of old fenced writers when the window opens anew, whose own session has ended', async () => {
    workspace.write('README.md', '# Harbor, by the person\n');
    await editor.palette('Belay: Checkpoint Now');
    await editor.notification('taken');
    const own =
      (await rowOf('Sessions', 'editor-', /Editor · alive · (?:just now|[1-9]m(?:in)? ago)/)).split(' ')[0] ??
      '';
    assert.equal(await holder(`session/${own}`), own);
    await editor.reload();
    await editor.focusView('Sessions');
    await rowOf('Sessions', 'Ended', /^Ended \d sessions$/);
    await editor.waitFor(
      'the session of the window before to end',
      async () => (await holder(`session/${own}`)) === null,
    );
    await editor.expand('Sessions', 'Ended');
    await rowOf('Sessions', own, /Editor · ended/);
    await sleep(1_000);
    assert.deepEqual(await editor.notificationTexts(), []);
    workspace.write('README.md', '# Harbor, by the next window\n');
    await editor.palette('Belay: Checkpoint Now');
    await editor.notification('taken');
    await editor.palette('Preferences: Toggle between Light/Dark Themes');
    await sleep(500);
    await editor.screenshot('leases-other-theme');
  });
});
