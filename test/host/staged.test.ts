import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import type { BelayApi, Row } from '../../src/ui/contributions/api';
import type { Question } from '../../src/ui/platform/dialogs';
import { api, commandLine, folder, git, patienceMs } from './belay';
import { decideBy } from './scriptedDialogs';

const Taken = v.object({ checkpoint: v.string(), step: v.number() });

/** An agent throws away what was staged; the person sees it on the last checkpoint's row and has it back with one yes. */
describe('staged state', function () {
  this.timeout(400_000);

  const session = 'stager';
  let belay: BelayApi;

  before(async () => {
    belay = await api();
    writeFileSync(path.join(folder(), 'kept.txt'), 'committed\n');
    git('add', 'kept.txt');
    git('commit', '--quiet', '--message=Make kept.txt');
  });

  after(() => {
    git('reset', '--quiet', '--hard');
    rmSync(path.join(folder(), 'kept.txt'), { force: true });
  });

  async function rowOf(checkpoint: string): Promise<Row> {
    await belay.refresh();
    const all = (rows: readonly Row[]): Row[] => rows.flatMap((row) => [row, ...all(row.children)]);
    const row = all(await belay.rows('sessions', 4)).find(({ id }) => id.endsWith(`:${checkpoint}`));
    assert.ok(row, 'the checkpoint has a row');
    return row;
  }

  function index(): string {
    return readFileSync(path.join(folder(), '.git', 'index')).toString('latin1');
  }

  /** Resolves once the index has become another one. */
  async function indexLeaves(before: string): Promise<void> {
    const watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(vscode.Uri.file(path.join(folder(), '.git')), 'index'),
    );
    try {
      const deadline = Date.now() + patienceMs;
      while (index() === before) {
        assert.ok(Date.now() < deadline, 'the index changes');
        await new Promise((resolve) => {
          const timer = setTimeout(resolve, 200);
          watcher.onDidChange(() => {
            clearTimeout(timer);
            resolve(undefined);
          });
        });
      }
    } finally {
      watcher.dispose();
    }
  }

  it('is on the row, comes back after one question that names the paths, and goes again by the undo', async () => {
    writeFileSync(path.join(folder(), 'kept.txt'), 'staged\n');
    writeFileSync(path.join(folder(), 'fresh.txt'), 'only staged\n');
    git('add', 'kept.txt', 'fresh.txt');
    writeFileSync(path.join(folder(), 'kept.txt'), 'on disk\n');
    rmSync(path.join(folder(), 'fresh.txt'));
    const was = git('ls-files', '-s');
    const take = ['checkpoint', '--session', session, '--agent', 'codex'];
    const { checkpoint } = v.parse(Taken, await commandLine(...take));
    git('reset', '--quiet', '--hard');
    const cleared = v.parse(Taken, await commandLine(...take));

    const plain = await rowOf(cleared.checkpoint);
    assert.equal(plain.contextValue, 'checkpoint');
    assert.doesNotMatch(plain.description, /staged state/);
    const row = await rowOf(checkpoint);
    assert.equal(row.contextValue, 'checkpoint.staged');
    assert.match(row.description, /staged state/);
    assert.match(row.spoken ?? '', /staged state/);
    const [state] = row.children;
    assert.equal(state?.label, 'Staged State');
    assert.deepEqual(
      state.children.map(({ label, description, contextValue }) => [label, description, contextValue]),
      [
        ['fresh.txt', 'only staged', 'stagedFile.added'],
        ['kept.txt', 'only staged', 'stagedFile.modified'],
      ],
    );

    assert.ok(belay.testing);
    const { testing } = belay;
    const asked: Question[] = [];
    decideBy(belay, (question) => {
      asked.push(question);
      return Promise.resolve(asked.length > 1);
    });
    const before = index();
    await testing.run('belay.restoreStaged', 'sessions', row.id);
    assert.equal(index(), before, 'a no changes nothing');

    // The message at its end waits for the person.
    void testing.run('belay.restoreStaged', 'sessions', row.id);
    await indexLeaves(before);
    assert.equal(asked.length, 2);
    assert.match(
      asked[1]?.detail ?? '',
      /fresh\.txt · will be staged: added\nkept\.txt · will be staged: modified/,
    );
    assert.match(asked[1]?.detail ?? '', /Files on disk do not change/);
    assert.equal(git('ls-files', '-s'), was);
    assert.equal(readFileSync(path.join(folder(), 'kept.txt'), 'utf8'), 'committed\n');
    assert.equal(existsSync(path.join(folder(), 'fresh.txt')), false);

    // While the window still takes the checkpoint after it, the undo is told that somebody is at work.
    const restored = index();
    const deadline = Date.now() + patienceMs;
    while (index() === restored) {
      assert.ok(Date.now() < deadline, 'the restore is undone');
      await vscode.commands.executeCommand('belay.undoRestore');
    }
    assert.equal(git('diff', '--cached', '--name-only'), '');
  });
});
