import assert from 'node:assert/strict';
import { realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import type { Row } from '../../src/ui/contributions/api';
import { api, commandLine, extension, folder, patienceMs } from './belay';

const Manifest = v.object({
  contributes: v.object({ commands: v.array(v.object({ command: v.string() })) }),
});

/** What other code in the host gets from Belay. */
describe('what activation returns', () => {
  function all(rows: readonly Row[]): Row[] {
    return rows.flatMap((row) => [row, ...all(row.children)]);
  }

  it('tells the commands, which are those of the manifest and those that are registered', async () => {
    const { commandIds } = await api();
    const manifest = v.parse(Manifest, extension().packageJSON);
    const listed = manifest.contributes.commands.map(({ command }) => command);
    assert.deepEqual(listed.toSorted(), commandIds.toSorted());
    const registered = (await vscode.commands.getCommands(true)).filter((id) => /^belay\.[a-z]+$/i.test(id));
    // VS Code itself adds a command to open, focus or resize each view.
    const own = registered.filter((id) => !/^belay\.(?:needsYou|sessions|backups|worktrees)$/.test(id));
    assert.deepEqual(own.toSorted(), commandIds.toSorted());
  });

  it('tells what is open', async () => {
    const belay = await api();
    assert.equal(belay.state(), 'open');
    assert.deepEqual(belay.roots(), [realpathSync(folder())]);
    assert.match(belay.session, /^editor-[0-9a-f]{8}$/);
  });

  it('takes a checkpoint, which shows in the views, down to its files', async () => {
    const belay = await api();
    writeFileSync(path.join(folder(), 'by-the-api.txt'), 'new\n');
    const { checkpoint, created } = await belay.takeCheckpoint('Taken by the API');
    assert.equal(created, true);
    const session = (await belay.rows('sessions', 3)).find(({ label }) => label === belay.session);
    const row = session?.children.find(({ id }) => id.endsWith(checkpoint.oid));
    assert.equal(row?.label, 'Taken by the API');
    assert.ok(row.children.some(({ label }) => label === 'by-the-api.txt'));
    assert.ok(row.tooltip?.includes(checkpoint.oid));
    const worktree = (await belay.rows('worktrees', 2))[0];
    assert.equal(worktree?.children[0]?.label, 'Taken by the API');
    assert.deepEqual(await belay.rows('backups', 1), []);
  });

  it('gives each row an id that is its own and stays, a label, and words for a screen reader', async () => {
    const belay = await api();
    const read = async () =>
      all([...(await belay.rows('sessions', 3)), ...(await belay.rows('worktrees', 3))]);
    const before = await read();
    const ids = before.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(
      before.filter(({ label, spoken }) => label === '' || spoken === undefined || spoken === ''),
      [],
    );
    await belay.refresh();
    assert.deepEqual(
      (await read()).map(({ id }) => id),
      ids,
    );
  });

  it('follows the command line without being asked', async () => {
    const belay = await api();
    await vscode.commands.executeCommand('belay.sessions.focus');
    writeFileSync(path.join(folder(), 'from-outside.txt'), 'new\n');
    await commandLine('checkpoint', '--session', 'outside', '--agent', 'gemini');
    const began = performance.now();
    for (;;) {
      const rows = await belay.rows('sessions', 1);
      if (rows.some(({ label }) => label === 'outside')) {
        break;
      }
      assert.ok(performance.now() - began < patienceMs, 'the session did not show');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const ms = (performance.now() - began).toFixed(0);
    console.log(
      `${process.env['BELAY_HOST_PREFIX'] ?? ''}      known ${ms} ms after the command line had ended`,
    );
  });
});
