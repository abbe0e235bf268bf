import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import type { BelayApi, Row } from '../../src/ui/contributions/api';
import type { CommandId } from '../../src/ui/contributions/manifest';
import type { Question } from '../../src/ui/platform/dialogs';
import { api, commandLine, folder, forgetQuestion, patienceMs } from './belay';
import { answerBy, decideBy, type Prompted } from './scriptedDialogs';

const Pins = v.array(
  v.object({ pin: v.string(), commit: v.string(), source: v.string(), follows: v.boolean() }),
);
type Answer = string | readonly string[] | undefined | (() => Promise<string>);

/** Pins, and worktrees that are brought to them, made and removed, as a person does it; git is the real one. */
describe('pins and worktrees', function () {
  this.timeout(400_000);

  let belay: BelayApi;
  let base: string;
  let upstream: string;
  let asked: Question[];
  let prompted: Prompted[];

  const at = (where: string, ...args: string[]): string =>
    execFileSync('git', args, { cwd: where, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  const git = (...args: string[]): string => at(folder(), ...args);
  const place = (name: string): string => path.join(base, name);
  const head = (name: string): string => at(place(name), 'rev-parse', 'HEAD');

  before(async () => {
    belay = await api();
    base = realpathSync(mkdtempSync(path.join(tmpdir(), 'belay-fanout-')));
    upstream = place('upstream.git');
    git('init', '--quiet', '--bare', '--initial-branch=main', upstream);
    git('remote', 'add', 'origin', upstream);
    git('push', '--quiet', 'origin', 'HEAD:refs/heads/main');
    git('fetch', '--quiet', 'origin');
    for (const name of ['behind', 'own', 'clash']) {
      git('worktree', 'add', '--quiet', '-b', name, place(name), 'origin/main');
    }
    commit('own', 'own.txt', 'own\n');
    commit('clash', 'shared.txt', 'ours\n');
    push('shared.txt', 'theirs\n');
    await vscode.commands.executeCommand('belay.worktrees.focus');
    await belay.refresh();
  });

  after(async () => {
    for (const name of ['behind', 'own', 'clash']) {
      git('worktree', 'remove', '--force', '--force', place(name));
    }
    await forgetQuestion('clash');
    git('remote', 'remove', 'origin');
    rmSync(base, { recursive: true, force: true });
    await belay.refresh();
  });

  beforeEach(() => {
    asked = [];
    prompted = [];
    answering(true);
    typing();
  });

  function commit(name: string, file: string, content: string): void {
    writeFileSync(path.join(place(name), file), content);
    at(place(name), 'add', '--all');
    at(place(name), 'commit', '--quiet', `--message=${name} ${file}`);
  }

  /** Somebody else pushes a commit; here nobody has fetched it. @returns its id. */
  function push(file: string, content: string): string {
    const clone = mkdtempSync(path.join(base, 'clone-'));
    at(base, 'clone', '--quiet', upstream, clone);
    writeFileSync(path.join(clone, file), content);
    at(clone, 'add', '--all');
    at(
      clone,
      '-c',
      'user.name=Them',
      '-c',
      'user.email=t@example.com',
      'commit',
      '--quiet',
      `--message=${file}`,
    );
    at(clone, 'push', '--quiet', 'origin', 'HEAD:main');
    return at(clone, 'rev-parse', 'HEAD');
  }

  /** What the person says to each question from now on. */
  function answering(...answers: boolean[]): void {
    decideBy(belay, (question) => {
      asked.push(question);
      return Promise.resolve(answers[asked.length - 1] ?? answers.at(-1) ?? false);
    });
  }

  /** What the person picks and types at each prompt; Escape when there is nothing left. */
  function typing(...answers: Answer[]): void {
    answerBy(belay, async (one) => {
      prompted.push(one);
      const answer = answers[prompted.length - 1];
      return typeof answer === 'function' ? await answer() : answer;
    });
  }

  async function pins(): Promise<v.InferOutput<typeof Pins>> {
    return v.parse(Pins, await commandLine('pin', 'list'));
  }

  async function pinned(): Promise<string> {
    const [pin] = await pins();
    assert.ok(pin, 'a pin');
    return pin.commit;
  }

  async function row(label: string): Promise<Row> {
    const found = (await belay.rows('worktrees', 1)).find((one) => one.label === label);
    assert.ok(found, `no row ${label}`);
    return found;
  }

  /** The row, once it says that. */
  async function says(label: string, words: RegExp): Promise<Row> {
    for (const began = performance.now(); ;) {
      const found = await row(label);
      if (words.test(found.description)) {
        return found;
      }
      assert.ok(performance.now() - began < patienceMs, `${label} says: ${found.description}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  const run = async (command: CommandId): Promise<void> => {
    await vscode.commands.executeCommand(command);
  };
  const on = async (label: string, command: CommandId): Promise<void> => {
    assert.ok(belay.testing);
    await belay.testing.run(command, 'worktrees', (await row(label)).id);
  };

  it('are told how to pin where there is no pin, and nothing is done', async () => {
    void run('belay.applyPin');
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.deepEqual([prompted, asked, await pins()], [[], [], []]);
  });

  it('pin the commit that was shown, fetched first, under the name that was offered', async () => {
    const theirs = at(upstream, 'rev-parse', 'main');
    typing('origin/main', 'Fetch First', theirs.slice(0, 8), 'main', undefined);
    await run('belay.pinWorktrees');
    const [source, first, fetched, name, worktrees] = prompted;
    assert.equal(source?.title, 'Pin Worktrees to Commit');
    assert.ok(source.offered.some((label) => label.includes('origin/main')));
    assert.match(first?.offered[0] ?? '', new RegExp(`${git('rev-parse', 'HEAD').slice(0, 8)} Start$`));
    assert.match(first?.offered[1] ?? '', /Fetch First$/);
    assert.deepEqual(fetched?.offered.length, 2);
    assert.match(fetched.offered[0] ?? '', new RegExp(`${theirs.slice(0, 8)} shared\\.txt$`));
    assert.match(fetched.offered[1] ?? '', /Follow origin\/main$/);
    assert.deepEqual(name?.offered, ['main']);
    assert.equal(worktrees?.title, `Pinned: main at ${theirs.slice(0, 8)}`);
    for (const label of ['behind', 'own', 'clash']) {
      assert.ok(
        worktrees.offered.some((line) => line.endsWith(label)),
        label,
      );
    }
    assert.deepEqual(await pins(), [
      { ...(await pins())[0], pin: 'main', commit: theirs, source: 'origin/main' },
    ]);
    assert.equal(head('behind'), git('rev-parse', 'main'));
  });

  it('show the pin on top with who set it, when and from what, and the rest when somebody hovers', async () => {
    const shown = (await belay.rows('worktrees', 1))[0];
    const commit = await pinned();
    assert.equal(shown?.label, 'main');
    assert.equal(shown.contextValue, 'pin');
    const id = commit.slice(0, 8);
    const age = '(?:just now|\\d+m(?:in)? ago)';
    assert.match(shown.description, new RegExp(`^${id} · from origin/main · set by you · ${age}$`));
    assert.match(shown.spoken ?? '', new RegExp(`^Pin main, ${id}, from origin/main, set by you, ${age}$`));
    for (const part of [commit, 'origin', 'you', belay.session]) {
      assert.ok(shown.tooltip?.replaceAll('\\', '').includes(part), `${part}: ${shown.tooltip}`);
    }
  });

  it('show how each worktree stands to it', async () => {
    const behind = await says('behind', /^1 behind the pin · behind · base /);
    assert.equal(behind.contextValue, 'worktree.there.linked.free');
    assert.match(behind.spoken ?? '', /^Worktree behind, 1 behind the pin, behind, /);
    assert.match(behind.tooltip ?? '', /\*\*Against the pin\\?:\*\* 1 behind the pin/);
    await says('own', /^diverged from the pin: 1 ahead, 1 behind · own · /);
    writeFileSync(path.join(place('behind'), 'new.txt'), 'not committed\n');
    await belay.refresh();
    await vscode.commands.executeCommand('belay.refresh');
    await says('behind', /^1 behind the pin · uncommitted changes · behind · /);
  });

  it('bring the worktree of a row to it with what is not committed, and read it back', async () => {
    await on('behind', 'belay.applyPin');
    assert.deepEqual(prompted, []);
    assert.equal(head('behind'), await pinned());
    assert.ok(existsSync(path.join(place('behind'), 'new.txt')));
    await says('behind', /^on the pin · uncommitted changes · behind · /);
  });

  it('bring the ticked ones, rebase what is their own, and ask where that conflicts', async () => {
    const before = head('clash');
    typing(['behind', 'own', 'clash']);
    await run('belay.applyPin');
    assert.equal(at(place('own'), 'rev-parse', 'HEAD^'), await pinned());
    assert.equal(head('clash'), before);
    await says('own', /^1 ahead of the pin · own · /);
    const clash = await says('clash', /^needs you · diverged from the pin: 1 ahead, 1 behind · clash · /);
    assert.match(clash.contextValue, /^worktree\.waits\.linked\./);
    const [decision] = await belay.rows('needsYou', 1);
    assert.equal(decision?.label, 'A branch conflicts with the pin main');
    assert.match(decision.tooltip ?? '', /the pin main/);
  });

  it('refuse to remove a worktree that waits, that is open here, that is locked, or the main one, without a question', async () => {
    for (const name of ['clash', path.basename(folder())]) {
      await on(name, 'belay.removeWorktree');
    }
    assert.deepEqual(asked, []);
    git('worktree', 'lock', place('own'));
    await belay.refresh();
    await on('own', 'belay.removeWorktree');
    git('worktree', 'unlock', place('own'));
    assert.ok(existsSync(place('clash')) && existsSync(place('own')) && existsSync(folder()));
  });

  it('update from upstream: what it was set from is resolved once more, shown, and applied', async () => {
    const old = await pinned();
    const next = push('next.txt', 'next\n');
    typing(undefined);
    await run('belay.updatePin');
    assert.equal(await pinned(), old, 'Escape changes nothing');
    prompted = [];
    typing(['behind']);
    await run('belay.updatePin');
    assert.equal(prompted[0]?.title, `Move pin main: ${old.slice(0, 8)} to ${next.slice(0, 8)} next.txt`);
    assert.equal(await pinned(), next);
    assert.equal(head('behind'), next);
    await says('own', /^diverged from the pin: 1 ahead, 1 behind · own · /);
    const shown = await row('main');
    assert.ok(shown.tooltip?.includes(old.slice(0, 8)), 'what it was before');
  });

  it('are not moved when somebody else has set them since the person looked', async () => {
    const old = await pinned();
    const meanwhile = git('rev-parse', 'main');
    assert.notEqual(meanwhile, old);
    push('later.txt', 'later\n');
    typing(async () => {
      await commandLine('pin', 'set', 'main', 'main');
      return 'behind';
    });
    await run('belay.updatePin');
    assert.equal(prompted.length, 1);
    assert.equal(await pinned(), meanwhile);
    assert.equal(head('behind'), old);
    await commandLine('pin', 'set', 'main', 'origin/main');
    await belay.refresh();
  });

  it('make a worktree at it, on a new branch with its upstream', async () => {
    typing('fix/one', place('one'));
    await run('belay.newWorktree');
    assert.equal(head('one'), await pinned());
    assert.equal(at(place('one'), 'rev-parse', '--abbrev-ref', 'HEAD@{upstream}'), 'origin/main');
    await says('one', /^on the pin · fix\/one · /);
  });

  it('make several for agents, with the next free names, and one on no branch', async () => {
    typing('2', 'agent-{n}');
    await run('belay.newWorktrees');
    const beside = (name: string): string => `${folder()}-${name}`;
    for (const name of ['agent-1', 'agent-2']) {
      assert.equal(at(beside(name), 'rev-parse', 'HEAD'), await pinned());
      assert.equal(at(beside(name), 'branch', '--show-current'), name);
    }
    prompted = [];
    typing('1', 'agent-{n}');
    await run('belay.newWorktrees');
    assert.equal(at(beside('agent-3'), 'branch', '--show-current'), 'agent-3');
    prompted = [];
    typing('', place('look'));
    await run('belay.newWorktree');
    assert.equal(at(place('look'), 'branch', '--show-current'), '');
    assert.equal(head('look'), await pinned());
  });

  it('save what is not committed before a worktree is removed, after one question that says so', async () => {
    writeFileSync(path.join(place('one'), 'draft.txt'), 'not committed\n');
    await on('one', 'belay.removeWorktree');
    assert.equal(asked.length, 1);
    assert.equal(asked[0]?.message, 'Remove the worktree one?');
    assert.match(
      asked[0].detail,
      /Uncommitted changes are saved in a checkpoint first.*Its branch fix\/one stays/s,
    );
    assert.ok(!existsSync(place('one')));
    const saved = git('rev-parse', 'refs/belay/shadow/one/current');
    assert.equal(git('show', `${saved}:draft.txt`), 'not committed');
    assert.ok(git('rev-parse', 'fix/one'));
  });

  it('are back with what a checkpoint holds of one that was removed', async () => {
    const saved = git('rev-parse', 'refs/belay/shadow/one/current');
    await belay.refresh();
    const all = (rows: readonly Row[]): Row[] => rows.flatMap((one) => [one, ...all(one.children)]);
    const found = all(await belay.rows('sessions', 4)).find(({ id }) => id.includes(saved));
    assert.ok(found, 'the checkpoint of the worktree that is gone has a row');
    typing(place('again'));
    await belay.testing?.run('belay.newWorktreeFrom', 'sessions', found.id);
    assert.match(prompted[0]?.offered[0] ?? '', /-one-again-1$/);
    assert.equal(head('again'), git('rev-parse', 'fix/one'));
    assert.equal(readFileSync(path.join(place('again'), 'draft.txt'), 'utf8'), 'not committed\n');
    assert.equal(at(place('again'), 'branch', '--show-current'), '');
    git('worktree', 'remove', '--force', place('again'));
    await belay.refresh();
  });

  it('ask once more, by name, before anything is deleted that no checkpoint can hold', async () => {
    const beside = `${folder()}-agent-1`;
    writeFileSync(path.join(beside, '.gitignore'), '*.secret\n');
    writeFileSync(path.join(beside, 'my.secret'), 'ignored\n');
    answering(true, false);
    await on(path.basename(beside), 'belay.removeWorktree');
    assert.equal(asked.length, 2);
    assert.match(asked[1]?.detail ?? '', /my\.secret/);
    assert.equal(asked[1]?.action, 'Delete for Good');
    assert.ok(existsSync(path.join(beside, 'my.secret')), 'the person said no');
    asked = [];
    answering(true, true);
    await on(path.basename(beside), 'belay.removeWorktree');
    assert.equal(asked.length, 2);
    assert.ok(!existsSync(beside));
  });

  it('leave a worktree alone when the person says no', async () => {
    answering(false);
    await on('look', 'belay.removeWorktree');
    assert.equal(asked.length, 1);
    assert.ok(existsSync(place('look')));
    answering(true);
    for (const name of ['look', `${path.basename(folder())}-agent-2`, `${path.basename(folder())}-agent-3`]) {
      await on(name, 'belay.removeWorktree');
    }
    assert.ok(!existsSync(place('look')));
  });

  it('remove a pin after a question, and no worktree with it', async () => {
    const before = head('behind');
    await on('main', 'belay.removePin');
    assert.equal(asked.length, 1);
    assert.deepEqual(await pins(), []);
    assert.equal(head('behind'), before);
    assert.doesNotMatch((await row('behind')).description, /pin/);
  });

  it('follow a branch where the person says so, and say so on the row', async () => {
    typing('origin/main', 'Follow origin/main', 'following', undefined);
    await run('belay.pinWorktrees');
    assert.deepEqual(
      (await pins()).map(({ pin, follows }) => [pin, follows]),
      [['following', true]],
    );
    assert.match((await row('following')).description, / · follows origin\/main · set by you · /);
    await on('following', 'belay.removePin');
    assert.deepEqual(await pins(), []);
  });
});
