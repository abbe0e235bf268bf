import assert from 'node:assert/strict';
import { EditorPage, EditorServer } from '../support/vscode';
import { Diverged } from './diverged';
import { ReviewPage } from './reviewPage';

/** A reset, and the person who decides how it goes on; the agents are processes of the command line. */
describe('a person who reviews a reset', () => {
  let repo: Diverged;
  let server: EditorServer;
  let editor: EditorPage;
  let review: ReviewPage;
  let token: string;

  before(async () => {
    repo = Diverged.create();
    token = await repo.start('night');
    await repo.save('night', token);
    repo.workspace.commit('A first step');
    server = await EditorServer.start();
    editor = await EditorPage.open(server, repo.workspace.folder, { width: 1400, height: 1000 });
    review = new ReviewPage(editor);
    await editor.focusView('Sessions');
    await editor.treeRow('Sessions', 'night');
  });

  after(async () => {
    await editor.close();
    await server.stop();
    repo.remove();
  });

  it('is told once that something waits, with a badge and a row', async () => {
    repo.conflict();
    assert.equal(await repo.sync('reset'), 'diverged_recovered_by_reset');
    await editor.notification('main had gone another way than its upstream and could not be rebased');
    const [row] = await editor.treeRows('Needs You');
    assert.match(row ?? '', /^Belay reset a branch main · 2 commits · just now · harbor · 1 session waits$/);
    await editor.visible(
      editor.page.locator('.activitybar .badge-content', { hasText: '1' }).first(),
      'the badge',
    );
    const [worktree] = await editor.treeRows('Worktrees');
    assert.match(worktree ?? '', /^harbor waits for you · /);
    await editor.screenshot('review-needs-you');
  });

  it('sees on the review page what happened, and where everything is', async () => {
    await editor.notificationButton('main had gone another way', 'Review');
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
    assert.deepEqual(await review.answers(), ['Continue', 'Abort']);
    await review.answerable('Continue');
    await editor.screenshot('review-page');
  });
});
