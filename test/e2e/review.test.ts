import assert from 'node:assert/strict';
import { EditorPage } from '../support/editorPage';
import { borrowServer, giveBack } from '../support/editors';
import type { EditorServer } from '../support/editorServer';
import { Diverged } from './diverged';
import { ReviewPage } from './reviewPage';

/** A reset, and the person who decides how it goes on; the agents are processes of the command line. */
describe('a person who reviews a reset', () => {
  let repo: Diverged;
  let server: EditorServer;
  let editor: EditorPage;
  let review: ReviewPage;
  let token: string;
  let step: number;

  before(async () => {
    repo = Diverged.create('harbor', '*.env');
    token = await repo.start('night');
    step = await repo.save('night', token);
    repo.workspace.commit('A first step');
    server = await borrowServer();
    editor = await EditorPage.open(server, repo.workspace.folder, { width: 1400, height: 1000 });
    review = new ReviewPage(editor);
    await review.wiretap();
    await editor.focusView('Sessions');
    await editor.treeRow('Sessions', 'night');
  });

  after(async () => {
    await editor.close();
    await giveBack(server);
    repo.remove();
  });

  async function waiting(expected: RegExp): Promise<string> {
    return await editor.waitFor(`a row of "Needs You" that is ${String(expected)}`, async () =>
      (await editor.treeRows('Needs You')).find((row) => expected.test(row)),
    );
  }

  async function nothingWaits(): Promise<void> {
    const header = editor.page.locator('.pane-header .title', { hasText: 'Needs You' });
    await editor.waitFor('"Needs You" to go', async () => (await header.count()) === 0);
  }

  /** What waits for the person, which a test before this one may have answered, or not have come to make. */
  async function reset(): Promise<void> {
    const { status, case: kind } = await repo.decision().catch(() => ({ status: 'none', case: '' }));
    if (status === 'pending' && kind !== 'diverged_recovered_by_reset') {
      throw new Error(`Something else waits: ${kind}.`);
    }
    if (status !== 'pending') {
      repo.conflict();
      assert.equal(await repo.sync('reset'), 'diverged_recovered_by_reset');
      await waiting(/^Belay reset a branch/);
    }
    await review.open();
  }

  /** Answers what still waits where a test before this one has not come to it, and has the agent at work. */
  async function nothingOld(): Promise<void> {
    const { status } = await repo.decision().catch(() => ({ status: 'none' }));
    if (status === 'pending') {
      await review.open();
      await review.answer('Abort');
      await nothingWaits();
      token = await repo.start('night');
    }
  }

  describe('that Belay made', () => {
    it('is told once that something waits, with a badge and a row', async () => {
      repo.conflict();
      assert.equal(await repo.sync('reset'), 'diverged_recovered_by_reset');
      await editor.notification('main had diverged from its upstream and could not be rebased');
      await waiting(
        /^Belay reset a branch main · 2 commits · (?:just now|[1-9]m(?:in)? ago) · harbor · 1 session waits$/,
      );
      const badge = editor.page.locator('.activitybar .badge-content').filter({ hasText: /^1$/ });
      await editor.visible(badge.last(), 'the badge');
      await editor.waitFor('the worktree to say so', async () =>
        (await editor.treeRows('Worktrees')).some((row) => /^harbor needs you · /.test(row)),
      );
      await editor.screenshot('review-needs-you');
      await editor.notificationButton('main had diverged', 'Review');
    });

    it('sees on the review page what happened, and where everything is', async () => {
      await reset();
      assert.equal(await review.title(), 'Belay reset a branch');
      const text = await review.text();
      const { from, to, backups } = await repo.decision();
      for (const part of [
        'Worktree harbor',
        'Branch main',
        from.slice(0, 8),
        (to ?? '').slice(0, 8),
        'Prices from elsewhere',
        'Prices in cents',
        'A first step',
        'Test Person',
        'src/prices.ts modified',
        'src/notes.ts added',
        backups[0] ?? '?',
        'night',
      ]) {
        assert.ok(text.includes(part), `${part} is not in: ${text}`);
      }
      assert.deepEqual(await review.answers(), ['Continue', 'Bring My Commits Back', 'Abort']);
      await review.answerable('Continue');
      await editor.waitFor('the keyboard on the safe choice', async () =>
        (await review.focused()) === 'Continue' ? true : undefined,
      );
      await editor.screenshot('review-page');
    });

    it('opens what was dropped and what was saved, and makes a branch of it', async () => {
      await reset();
      await review.button('Open Diff of').first().click();
      await editor.waitFor('the diff of the commit', async () =>
        /'ours \d'/.test((await editor.multiDiff()).text),
      );
      await editor.palette('View: Close Editor');
      await reset();
      await review.button('Create Branch').click();
      await editor.quickInputTitled('Branch from backup');
      await editor.inputBox('rescue/prices');
      await editor.notification('Branch rescue/prices now holds the commits of the backup.');
      assert.match(repo.workspace.git('show', 'rescue/prices:src/prices.ts'), /ours \d/);
      await editor.clearNotifications();
    });

    it('is not answered by what did not come from the page as it was shown', async () => {
      await reset();
      const before = await repo.decision();
      await review.answerable('Continue');
      const known = { decision: before.id, seen: await review.version() };
      const forged = [
        { type: 'answer', option: 'continue', nonce: '00000000-0000-4000-8000-000000000000', ...known },
        { type: 'answer', option: 'continue', ...known },
        { type: 'answer', option: 'continue', nonce: '', decision: 'another', seen: known.seen },
        { type: 'grant' },
      ];
      for (const message of forged) {
        await review.forge(message);
        await review.says('alert', /^Refused: .*Nothing was done, and the decision still waits\.$/);
        await review.forget();
      }
      // With the page's own nonce, but an answer that this decision does not offer.
      await review.rename('abort', 'reset_to_upstream');
      await review.answer('Abort');
      await review.says('alert', /^Refused: reset_to_upstream is not among the answers of this decision\./);
      await editor.screenshot('review-refused');
      assert.deepEqual(await repo.decision(), before);
      assert.equal(await repo.refused('decisions', 'answer', before.id, 'continue'), 'answer_refused');
      assert.equal((await repo.decision()).status, 'pending');
      await review.rename('reset_to_upstream', 'abort');
    });

    it('cannot answer twice with one nonce over a reload of the page', async () => {
      await reset();
      const old = await review.nonce();
      await editor.palette('Developer: Reload Webviews');
      await review.answerable('Continue');
      await editor.waitFor('another nonce', async () => (await review.nonce()) !== old);
      const { id } = await repo.decision();
      await review.forge({
        type: 'answer',
        option: 'abort',
        nonce: old,
        decision: id,
        seen: await review.version(),
      });
      await review.says('alert', /^Refused: /);
      assert.equal((await repo.decision()).status, 'pending');
    });

    it('keeps the page over a reload of the window, and is not told again', async () => {
      await reset();
      await editor.reload('mainThreadWebview-belay.review');
      // What else was open a moment ago may be as well.
      const tab = editor.page.locator('.tabs-container .tab').filter({ hasText: 'Review: harbor' });
      await editor.visible(tab, 'the tab of the page');
      await tab.click();
      assert.equal(await review.title(), 'Belay reset a branch');
      await review.answerable('Continue');
      // On a busy machine the page may take so long to load that the person is told of another way.
      const told = await editor.notificationTexts();
      assert.deepEqual(
        told.filter((text) => !text.startsWith('The review page does not load here.')),
        [],
      );
    });

    it('brings the commits back, with what is not committed kept, and the next sync leaves them', async () => {
      await reset();
      const { from } = await repo.decision();
      repo.workspace.write('src/since.ts', '// since\n');
      await review.answer('Bring My Commits Back');
      await review.says('status', /^Done: Bring My Commits Back\. main is now at [0-9a-f]{8}\. /);
      const { status, answer } = await repo.decision();
      assert.deepEqual([status, answer], ['answered', 'bring_my_commits_back']);
      assert.equal(repo.workspace.git('rev-parse', 'main'), from);
      assert.match(repo.workspace.git('status', '--porcelain'), /^\?\? src\/since\.ts$/m);
      await nothingWaits();
      await editor.screenshot('review-brought-back');
      token = await repo.start('night');
    });

    it('lets the agents go on with Continue: in a new epoch, counting on', async () => {
      await reset();
      assert.equal(
        await repo.refused('session', 'start', '--session', 'night', '--agent', 'codex'),
        'decision_pending',
      );
      await review.answer('Continue');
      await review.says('status', /^Done: Continue\./);
      const { status, answer } = await repo.decision();
      assert.deepEqual([status, answer], ['answered', 'continue']);
      await nothingWaits();
      assert.match(await review.text(), /Answered Continue/);
      await editor.screenshot('review-answered');
      const old = ['checkpoint', '--session', 'night', '--agent', 'codex', '--lease', token];
      repo.workspace.write('src/late.ts', '// late\n');
      assert.equal(await repo.refused(...old), 'lease_lost');
      token = await repo.start('night');
      const next = await repo.save('night', token);
      assert.ok(next > step, `${next} after ${step}`);
      step = next;
    });

    it('ends them with Abort', async () => {
      await nothingOld();
      repo.workspace.git('add', '--all');
      repo.workspace.commit('Late work');
      repo.conflict('Prices again');
      assert.equal(await repo.sync('reset'), 'diverged_recovered_by_reset');
      await waiting(/^Belay reset a branch/);
      // The page that is open already is about this one now.
      await review.open();
      await editor.waitFor('the page to show it', async () => (await review.text()).includes('Prices again'));
      await review.answer('Abort');
      await review.says('status', /^Done: Abort\./);
      await nothingWaits();
      const old = ['checkpoint', '--session', 'night', '--agent', 'codex', '--lease', token];
      repo.workspace.write('src/late.ts', '// later\n');
      assert.equal(await repo.refused(...old), 'lease_lost');
      const sessions = JSON.stringify(await repo.workspace.belay(['sessions']));
      assert.match(sessions, /"session":"night"[^}]*"state":"ended"/);
    });
  });

  describe('that waits for their word', () => {
    it('keeps the commits', async () => {
      await nothingOld();
      await repo.start('night');
      repo.workspace.git('add', '--all');
      repo.workspace.commit('Kept');
      repo.conflict('Kept prices');
      const head = repo.workspace.git('rev-parse', 'HEAD');
      assert.equal(await repo.sync('ask'), 'diverged_held');
      await waiting(/^A branch conflicts with its upstream main · /);
      await review.open();
      await editor.waitFor('the page to show it', async () => (await review.text()).includes('Kept prices'));
      assert.deepEqual(await review.answers(), ['Keep My Commits', 'Reset to Upstream', 'Abort']);
      await editor.screenshot('review-held');
      await review.answer('Keep My Commits');
      await review.says('status', /^Done: Keep My Commits\./);
      assert.equal(repo.workspace.git('rev-parse', 'HEAD'), head);
      await nothingWaits();
    });

    it('resets, after one question more', async () => {
      await nothingOld();
      repo.push({ 'src/prices.ts': "export const price = 'theirs, later';\n" }, 'Later still');
      assert.equal(await repo.sync('ask'), 'diverged_held');
      await waiting(/^A branch conflicts/);
      await review.open();
      await editor.waitFor('the page to show it', async () => (await review.text()).includes('Later still'));
      await review.answer('Reset to Upstream');
      assert.match(await editor.modalText(), /^Reset main to its upstream\? /);
      await editor.screenshot('review-reset-question');
      await editor.modalButton('Cancel');
      await review.says('status', /^Nothing was done\.$/);
      assert.equal((await repo.decision()).status, 'pending');
      await review.answer('Reset to Upstream');
      await editor.modalButton('Reset to Upstream');
      await review.says('status', /^Done: Reset to Upstream\./);
      assert.equal(repo.workspace.git('rev-parse', 'HEAD'), repo.workspace.git('rev-parse', 'origin/main'));
      assert.match(repo.workspace.read('src/prices.ts'), /theirs, later/);
      await nothingWaits();
    });
  });
});
