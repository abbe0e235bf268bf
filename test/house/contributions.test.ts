import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { belayManifest, manifestOf } from '../../src/ui/contributions/manifest';
import { contextValues } from '../../src/ui/rows/contextValues';
import { inTitle, onRows } from '../../src/ui/rows/contribution';

const files = ['package.json', 'package.nls.json'];

function run(...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join('scripts', 'contributions.mjs'), ...args],
    { encoding: 'utf8' },
  );
  return { status, said: `${stdout}${stderr}` };
}

/** Changes a copy of package.json by hand, and gives the folder that it is in to the test. */
function withEdit(part: RegExp | string, other: string, test: (folder: string) => void): void {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'belay-contributions-'));
  try {
    for (const file of files) {
      fs.copyFileSync(file, path.join(folder, file));
    }
    const before = fs.readFileSync('package.json', 'utf8');
    const after = before.replace(part, other);
    assert.ok(before !== after, 'there is something to change');
    fs.writeFileSync(path.join(folder, 'package.json'), after);
    test(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The values of rows for which a condition holds, and what else it asks for. */
function rowsOf(when: string): readonly string[] {
  const [, only, pattern] = /viewItem (?:== (\S+)|=~ \/(\S+)\/)/.exec(when) ?? [];
  return contextValues.filter((value) =>
    pattern === undefined ? value === only : new RegExp(pattern).test(value),
  );
}

describe('the generated parts of the manifest', () => {
  it('are current: else run `npm run build`', () => {
    assert.deepEqual(run('--check'), { status: 0, said: '' });
  });

  const edits = [
    ['an entry taken out of a menu', /\{\s*"command": "[^"]+",\s*"when": "[^"]*viewItem[^}]*\},/, ''],
    ['a typing error in a condition', 'viewItem == decision', 'viewItem == decison'],
    ['a command that no feature has', '"commands": [', '"commands": [{ "command": "belay.byHand" },'],
  ] as const;
  for (const [name, part, other] of edits) {
    it(`are refused with ${name}, in one line that says what to run, and written again`, () => {
      withEdit(part, other, (folder) => {
        const { status, said } = run('--check', folder);
        assert.equal(status, 1);
        assert.match(said, /^package\.json: [^\n]* Run: npm run build\n$/);
        assert.deepEqual(run(folder), { status: 0, said: '' });
        for (const file of files) {
          const written = fs.readFileSync(path.join(folder, file), 'utf8');
          assert.ok(written === fs.readFileSync(file, 'utf8'), file);
        }
      });
    });
  }

  it('leave all else in the file as a person wrote it', () => {
    withEdit('"ai agents"', '"by hand"', (folder) => {
      assert.deepEqual(run('--check', folder), { status: 0, said: '' });
    });
  });

  it('have menus for rows that are there', () => {
    const menus = v.parse(
      v.object({ 'view/item/context': v.array(v.object({ command: v.string(), when: v.string() })) }),
      belayManifest().contributes['menus'],
    )['view/item/context'];
    assert.ok(menus.length > 50);
    assert.deepEqual(
      menus.filter(({ when }) => rowsOf(when).length === 0),
      [],
    );
  });
});

describe('a menu of rows', () => {
  const some = [
    ['pin'],
    ['checkpoint', 'checkpoint.stale.staged'],
    ['agent.apart', 'agentFile', 'more'],
    ['worktree.there.held', 'worktree.there.linked.held', 'worktree.missing.own'],
    contextValues,
  ] as const;
  for (const rows of some) {
    it(`is that of just these: ${rows.length === contextValues.length ? 'all' : rows.join(', ')}`, () => {
      const [entry] = onRows('sessions', rows, 'inline@1');
      assert.deepEqual(
        rowsOf(entry?.when ?? ''),
        contextValues.filter((value) => rows.some((row) => row === value)),
      );
    });
  }
});

describe('a manifest', () => {
  it('has what a command says, and only that', () => {
    const { contributes, texts } = manifestOf(
      [
        {
          'belay.one': {
            title: 'One',
            icon: 'add',
            palette: 'false',
            menus: [inTitle(['sessions', 'agents'], 'navigation@1', 'a', '!b')],
            keybinding: { key: 'ctrl+k 1', when: 'c' },
          },
        },
      ],
      { sessions: { title: 'Sessions', welcome: [{ key: 'none', when: 'd', text: 'None.' }] } },
    );
    const at = (name: string): unknown => JSON.parse(JSON.stringify(contributes[name]));
    assert.deepEqual(at('commands'), [
      { command: 'belay.one', title: '%command.one%', category: 'Belay', icon: '$(add)' },
    ]);
    assert.deepEqual(at('menus'), {
      commandPalette: [{ command: 'belay.one', when: 'false' }],
      'view/title': [
        {
          command: 'belay.one',
          when: 'view =~ /^belay\\.(sessions|agents)$/ && a && !b',
          group: 'navigation@1',
        },
      ],
      'view/item/context': [],
      'explorer/context': [],
      'editor/title': [],
      'scm/title': [],
    });
    assert.deepEqual(at('keybindings'), [{ command: 'belay.one', key: 'ctrl+k 1', when: 'c' }]);
    assert.deepEqual(at('viewsWelcome'), [{ view: 'belay.sessions', when: 'd', contents: '%welcome.none%' }]);
    assert.deepEqual(texts, { 'command.one': 'One', 'view.sessions': 'Sessions', 'welcome.none': 'None.' });
  });

  it('does not have one command of two features', () => {
    const feature = { 'belay.one': { title: 'One' } } as const;
    assert.throws(() => manifestOf([feature, feature], {}), /belay\.one/);
  });
});
