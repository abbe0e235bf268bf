import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import type { BelayApi, Row } from '../../src/ui/contributions/api';
import { api, commandLine, extension, folder, git } from './belay';

const Backups = v.array(v.object({ ref: v.string(), what: v.nullable(v.string()), tip: v.string() }));

/** What the call of a connected agent made fall off is said, can be brought back, and goes when the person has seen it. */
describe('notices', function () {
  this.timeout(400_000);

  const file = 'noticed.txt';
  let belay: BelayApi;

  before(async () => {
    belay = await api();
    writeFileSync(path.join(folder(), file), 'kept\n');
    git('add', file);
    git('commit', '--quiet', `--message=Make ${file}`);
  });

  after(() => {
    rmSync(path.join(folder(), file), { force: true });
  });

  /** One call of claude's, as its hooks tell of it. */
  function call(...args: string[]): void {
    const command = ['git', ...args].join(' ');
    const hook = (event: string): void => {
      const payload = {
        session_id: 'noticed',
        cwd: folder(),
        hook_event_name: event,
        tool_name: 'Bash',
        tool_input: { command },
      };
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [path.join(extension().extensionPath, 'dist', 'hook.js'), 'claude-code'],
        {
          input: JSON.stringify(payload),
          encoding: 'utf8',
          env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
        },
      );
      assert.deepEqual([status, stdout, stderr], [0, '', ''], event);
    };
    hook('PreToolUse');
    git(...args);
    hook('PostToolUse');
  }

  async function rows(): Promise<readonly Row[]> {
    await belay.refresh();
    return belay.rows('needsYou', 1);
  }

  async function notices(): Promise<readonly Row[]> {
    return (await rows()).filter(({ contextValue }) => contextValue === 'notice');
  }

  it('say what a dropped stash entry was, put it back on the list, and go when they are dismissed', async () => {
    const before = await notices();
    writeFileSync(path.join(folder(), file), 'put away\n');
    git('stash', '--quiet');
    const entry = git('rev-parse', 'stash@{0}');
    call('stash', 'drop', '--quiet');
    const [row, ...more] = (await notices()).filter(({ id }) => !before.some((one) => one.id === id));
    assert.ok(row !== undefined);
    assert.equal(more.length, 0, 'one for one call');
    assert.equal(row.label, 'An entry of the stash was dropped');
    assert.match(row.description, /^git stash drop · Claude Code · noticed/);
    assert.deepEqual(
      (await rows()).filter(({ contextValue }) => contextValue === 'decision'),
      [],
      'it is no question',
    );

    assert.ok(belay.testing);
    await belay.testing.run('belay.bringBack', 'needsYou', row.id);
    assert.equal(git('rev-parse', 'stash@{0}'), entry);
    assert.equal(git('stash', 'list').split('\n').length, 1);
    await belay.testing.run('belay.dismissNotice', 'needsYou', row.id);
    assert.deepEqual(
      (await notices()).map(({ id }) => id),
      before.map(({ id }) => id),
    );
    const backups = v.parse(Backups, await commandLine('backups'));
    assert.ok(
      backups.some(({ what, tip }) => what === 'stash' && tip === entry),
      'the backup stays',
    );
    git('stash', 'drop', '--quiet');
  });
});
