import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import type { BelayApi, Row } from '../../src/ui/contributions/api';
import type { Question } from '../../src/ui/platform/dialogs';
import type { ReviewPage } from '../../src/ui/features/needsYou/review/reviewPage';
import { api, commandLine, folder, patienceMs } from './belay';
import { decideBy } from './scriptedDialogs';

const Decisions = v.array(
  v.object({
    id: v.string(),
    worktree: v.string(),
    status: v.string(),
    answer: v.nullable(v.string()),
    options: v.array(v.string()),
  }),
);
const State = v.object({ type: v.literal('state'), nonce: v.optional(v.string()) });
const Said = v.object({ kind: v.string(), text: v.string() });

/** What waits for the person, and what counts as their answer: only what the page was shown, with what only it was given. */
describe('decisions', function () {
  this.timeout(400_000);

  const key = 'linked';
  let belay: BelayApi;
  let base: string;
  let linked: string;
  let asked: Question[];
  let page: ReviewPage;
  let heard: unknown[];
  /** Whether it is this test that says that the page has loaded; what it is told then is told at once. */
  let asking = false;
  /** The versions of the decision with which the real page has loaded. */
  const loaded = new Set<string>();

  function at(where: string, ...args: string[]): string {
    return execFileSync('git', args, { cwd: where, encoding: 'utf8' }).trim();
  }

  /** A linked worktree that is not open in the window, whose branch and its upstream have both changed one file. */
  before(async () => {
    belay = await api();
    base = realpathSync(mkdtempSync(path.join(tmpdir(), 'belay-decisions-')));
    linked = path.join(base, key);
    at(folder(), 'branch', 'theirs');
    at(folder(), 'worktree', 'add', '--quiet', '-b', 'ours', linked, 'theirs');
    at(linked, 'branch', '--quiet', '--set-upstream-to=theirs');
    await diverge('first');
  });

  /** The agent's and the other's commit conflict, and a sync asks. */
  async function diverge(word: string): Promise<void> {
    const elsewhere = path.join(base, `elsewhere-${word}`);
    at(folder(), 'worktree', 'add', '--quiet', elsewhere, 'theirs');
    for (const [where, who] of [
      [linked, 'ours'],
      [elsewhere, 'theirs'],
    ] as const) {
      writeFileSync(path.join(where, 'shared.txt'), `${who} ${word}\n`);
      at(where, 'add', '--all');
      at(where, 'commit', '--quiet', `--message=${who} ${word}`);
    }
    at(folder(), 'worktree', 'remove', '--force', elsewhere);
    await commandLine('sync', '--worktree', key).catch((thrown: unknown) => {
      assert.equal(v.parse(v.object({ code: v.number() }), thrown).code, 1);
    });
    await belay.refresh();
  }

  beforeEach(() => {
    asked = [];
    heard = [];
    assert.ok(belay.testing);
    decideBy(belay, (question) => {
      asked.push(question);
      return Promise.resolve(true);
    });
  });

  async function latest(): Promise<v.InferOutput<typeof Decisions>[number]> {
    const found = v.parse(Decisions, await commandLine('decisions')).find(({ worktree }) => worktree === key);
    assert.ok(found, 'a decision');
    return found;
  }

  async function soon<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
    for (const began = performance.now(); ;) {
      const found = await look();
      if (found !== undefined) {
        return found;
      }
      assert.ok(performance.now() - began < patienceMs, what);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** As the page itself does when it has loaded. @returns the nonce that it is given. */
  async function ready(): Promise<string> {
    // The real page is given one as well when it has loaded, and the last one counts.
    await soon('the page to have loaded', () => (loaded.has(page.version ?? '') ? true : undefined));
    asking = true;
    const told = page.hear({ type: 'ready' });
    asking = false;
    await told;
    const state = heard.map((one) => v.safeParse(State, one)).findLast(({ success }) => success);
    const nonce = state?.success === true ? state.output.nonce : undefined;
    assert.ok(nonce !== undefined, 'a nonce');
    return nonce;
  }

  function said(): string {
    // The page may have been drawn anew since.
    const notices = heard.map((message) => v.safeParse(Said, message)).filter(({ success }) => success);
    const last = notices.at(-1);
    return last?.success === true ? `${last.output.kind}: ${last.output.text}` : '';
  }

  async function row(): Promise<Row> {
    return soon('a row', async () => (await belay.rows('needsYou', 1))[0]);
  }

  it('show as rows on top, and at their worktree', async () => {
    const shown = await row();
    assert.equal(shown.label, 'A branch conflicts with its upstream');
    assert.match(shown.description, /^ours · 1 commit · (?:just now|[1-9]m(?:in)? ago) · linked/);
    assert.match(shown.spoken ?? '', /^Needs you: A branch conflicts with its upstream, ours/);
    const worktree = (await belay.rows('worktrees', 1)).find(({ label }) => label === key);
    assert.match(worktree?.description ?? '', /^needs you · ours · /);
    assert.match(worktree?.contextValue ?? '', /^worktree\.waits\./);
  });

  it('open a page of their own, one for each worktree', async () => {
    await belay.testing?.run('belay.reviewReset', 'needsYou', (await row()).id);
    page = await soon('the page', () => belay.testing?.page(key));
    // It is drawn, and loads, only after this.
    const { webview } = page.panel;
    const post = webview.postMessage.bind(webview);
    webview.postMessage = (message: unknown) => {
      heard.push(message);
      const state = v.safeParse(State, message);
      if (state.success && state.output.nonce !== undefined && !asking) {
        loaded.add(page.version ?? '');
      }
      return post(message);
    };
    await belay.testing?.run('belay.reviewReset', 'needsYou', (await row()).id);
    assert.equal(belay.testing?.page(key), page);
    await soon('the page to be drawn', () => (page.version === undefined ? undefined : true));
    const tabs = (): string[] =>
      vscode.window.tabGroups.all
        .flatMap((group) => group.tabs.map((tab) => tab.label))
        .filter((label) => label.startsWith('Review'));
    await soon('its tab', () => (tabs().includes('Review: linked') ? true : undefined));
    assert.equal(tabs().length, 1);
  });

  it('are not answered with a forged, an earlier or no nonce, for another decision, or by an answer not their own', async () => {
    const old = await ready();
    const nonce = await ready();
    assert.notEqual(nonce, old);
    const { id, options } = await latest();
    assert.deepEqual(options, ['keep_my_commits', 'reset_to_upstream', 'abort']);
    const seen = page.version ?? '';
    const good = { type: 'answer', option: 'abort', nonce, decision: id, seen };
    for (const wrong of [
      { ...good, nonce: '9b2d7a54-5f86-4b0e-8a5c-0d5d1f5a7b11' },
      { ...good, nonce: old },
      { ...good, nonce: '' },
      { ...good, decision: '00000000-0000' },
      { ...good, seen: seen.replace(/./g, '0') },
      { ...good, option: 'continue' },
      { ...good, option: 'rm -rf' },
      { ...good, more: true },
      { type: 'answer' },
      { type: 'reset' },
      'abort',
      undefined,
    ]) {
      heard = [];
      await page.hear(wrong);
      assert.match(
        said(),
        /^refused: Refused: .* Nothing was done, and the decision still waits\.$/,
        JSON.stringify(wrong),
      );
    }
    assert.equal((await latest()).status, 'pending');
    assert.deepEqual(asked, []);
  });

  it('are not answered on the command line', async () => {
    const { id } = await latest();
    await assert.rejects(commandLine('decisions', 'answer', id, 'abort'));
    assert.equal((await latest()).status, 'pending');
  });

  it('ask once more before a reset, and stay as they are when the person says no', async () => {
    decideBy(belay, (question) => {
      asked.push(question);
      return Promise.resolve(false);
    });
    const nonce = await ready();
    const { id } = await latest();
    await page.hear({
      type: 'answer',
      option: 'reset_to_upstream',
      nonce,
      decision: id,
      seen: page.version ?? '',
    });
    assert.equal(asked.length, 1);
    assert.match(asked[0]?.message ?? '', /^Reset ours to its upstream\?$/);
    assert.equal(said(), 'done: Nothing was done.');
    assert.equal((await latest()).status, 'pending');
  });

  it('are answered for a worktree that is not open here, once', async () => {
    const nonce = await ready();
    const { id } = await latest();
    const answer = {
      type: 'answer',
      option: 'keep_my_commits',
      nonce,
      decision: id,
      seen: page.version ?? '',
    };
    const head = at(linked, 'rev-parse', 'HEAD');
    await Promise.all([page.hear(answer), page.hear(answer)]);
    assert.deepEqual(asked, []);
    const now = await latest();
    assert.deepEqual([now.status, now.answer], ['answered', 'keep_my_commits']);
    assert.equal(at(linked, 'rev-parse', 'HEAD'), head);
    assert.deepEqual(await belay.rows('needsYou', 1), []);
    heard = [];
    await page.hear({ ...answer, option: 'abort' });
    assert.match(said(), /^refused: /);
    assert.equal((await latest()).answer, 'keep_my_commits');
  });

  it('reset when the person says so, and the backup shows in its view', async () => {
    await diverge('second');
    await soon('the page to show it', async () => {
      const { id } = await latest();
      return page.decision === id ? true : undefined;
    });
    const nonce = await ready();
    const { id } = await latest();
    const dropped = at(linked, 'rev-parse', 'HEAD');
    await page.hear({
      type: 'answer',
      option: 'reset_to_upstream',
      nonce,
      decision: id,
      seen: page.version ?? '',
    });
    assert.equal(asked.length, 1);
    assert.deepEqual([(await latest()).status, (await latest()).answer], ['answered', 'reset_to_upstream']);
    assert.equal(at(linked, 'rev-parse', 'HEAD'), at(folder(), 'rev-parse', 'theirs'));
    const [kind] = await belay.rows('backups', 5);
    assert.equal(kind?.label, 'Dropped by a sync');
    const [subject] = kind.children;
    assert.equal(subject?.label, 'worktree linked');
    const backup = subject.children.find(({ children }) =>
      children.some(({ id: row }) => row.endsWith(dropped)),
    );
    assert.ok(backup, 'a backup that holds what was dropped');
    const commit = backup.children.find(({ id: row }) => row.endsWith(dropped));
    assert.equal(commit?.label, 'ours second');
    assert.deepEqual(
      commit.children.map(({ label, contextValue }) => [label, contextValue]),
      [['shared.txt', 'droppedFile.modified']],
    );
  });

  it('let a backup go only after a question that names what it holds', async () => {
    const [kind] = await belay.rows('backups', 3);
    const backup = kind?.children[0]?.children[0];
    assert.ok(backup);
    await belay.testing?.run('belay.deleteBackup', 'backups', backup.id);
    assert.equal(asked.length, 1);
    assert.match(asked[0]?.detail ?? '', /ours (?:first|second) \(Test Person\)/);
    const left = (await belay.rows('backups', 3))[0]?.children[0]?.children ?? [];
    assert.ok(left.every(({ id }) => id !== backup.id));
  });

  it('that vanish are put again as that; an answer from no window is asked about once', async () => {
    await diverge('third');
    const { id } = await latest();
    const ref = `refs/belay/decision/${key}`;
    at(folder(), 'update-ref', '-d', ref);
    await belay.refresh();
    assert.equal((await row()).label, 'This question disappeared: A branch conflicts with its upstream');
    const forge = (): void => {
      const text = at(folder(), 'cat-file', 'commit', ref).replace(
        'Belay-Status: pending',
        'Belay-Status: answered\nBelay-Answer: abort\nBelay-Answered-By: Anna\nBelay-Answered-On: afar',
      );
      const made = execFileSync('git', ['hash-object', '-t', 'commit', '-w', '--stdin'], {
        cwd: folder(),
        encoding: 'utf8',
        input: `${text}\n`,
      });
      at(folder(), 'update-ref', ref, made.trim());
    };
    forge();
    await belay.refresh();
    const question = 'Answered by Anna on afar, not from a window on this machine. Is that right?';
    const answered = await row();
    assert.deepEqual([answered.label, answered.contextValue], [question, 'answer']);
    await belay.testing?.run('belay.refuseAnswer', 'needsYou', answered.id);
    assert.deepEqual([(await latest()).id, (await latest()).status], [id, 'pending']);
    forge();
    await belay.refresh();
    await belay.testing?.run('belay.acceptAnswer', 'needsYou', (await row()).id);
    assert.deepEqual(await belay.rows('needsYou', 1), []);
    assert.equal((await latest()).status, 'answered');
  });

  it('bring the commits back that a reset has dropped, when the person says so on the page', async () => {
    await diverge('fourth');
    await soon('the page to show it', async () => (page.decision === (await latest()).id ? true : undefined));
    const held = { nonce: await ready(), decision: page.decision ?? '', seen: page.version ?? '' };
    await page.hear({ type: 'answer', option: 'keep_my_commits', ...held });
    const base = at(linked, 'rev-parse', 'HEAD');
    writeFileSync(path.join(linked, 'dropped.txt'), 'dropped\n');
    at(linked, 'add', '--all');
    at(linked, 'commit', '--quiet', '--message=dropped');
    const tip = at(linked, 'rev-parse', 'HEAD');
    at(linked, 'reset', '--quiet', '--hard', base);
    await commandLine('sync', '--worktree', key).catch(() => undefined);
    await belay.refresh();
    await soon('the page to show it', async () => {
      const { id, status } = await latest();
      return status === 'pending' && page.decision === id ? true : undefined;
    });
    assert.deepEqual((await latest()).options, ['continue', 'bring_my_commits_back', 'abort']);
    writeFileSync(path.join(linked, 'untracked.txt'), 'mine\n');
    const nonce = await ready();
    const seen = page.version ?? '';
    const answer = {
      type: 'answer',
      option: 'bring_my_commits_back',
      nonce,
      decision: page.decision ?? '',
      seen,
    };
    await Promise.all([page.hear(answer), page.hear(answer)]);
    const now = await latest();
    assert.deepEqual([now.status, now.answer], ['answered', 'bring_my_commits_back']);
    assert.equal(at(linked, 'rev-parse', 'ours'), tip);
    assert.equal(at(linked, 'status', '--porcelain'), '?? untracked.txt');
    const words = `Done: Bring My Commits Back. ours is now at ${tip.slice(0, 8)}. Uncommitted changes were kept.`;
    // The page that is drawn anew is told when it has loaded.
    await soon('the page to say so', () => (JSON.stringify(heard).includes(words) ? true : undefined));
  });
});
