import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { extension } from './belay';

const Texts = v.record(v.string(), v.string());
const Menus = v.object({
  contributes: v.object({
    commands: v.array(v.object({ command: v.string(), title: v.string(), category: v.literal('Belay') })),
    menus: v.record(v.string(), v.array(v.object({ command: v.string() }))),
    viewsWelcome: v.array(v.object({ view: v.string(), contents: v.string() })),
  }),
});

/** Every text of the manifest can be translated, and none is kept that nobody sees; those of the code: scripts/l10n.mjs. */
describe('texts', () => {
  const read = (...file: string[]) => readFileSync(path.join(extension().extensionPath, ...file), 'utf8');
  const table = (...file: string[]) => v.parse(Texts, JSON.parse(read(...file)));

  it('of the manifest are those of package.nls.json', () => {
    const keys = [...read('package.json').matchAll(/"%([^%"]+)%"/g)].map((match) => match[1] ?? '');
    const texts = table('package.nls.json');
    assert.deepEqual(
      [...new Set(keys)].filter((key) => (texts[key] ?? '') === ''),
      [],
    );
    // These two are named by VS Code's own rules as well.
    assert.deepEqual(
      Object.keys(texts).filter((key) => !keys.includes(key)),
      [],
    );
  });

  it('of the manifest name only commands that are there', () => {
    const manifest = v.parse(Menus, JSON.parse(read('package.json')));
    const commands = manifest.contributes.commands.map(({ command }) => command);
    const inMenus = Object.values(manifest.contributes.menus).flatMap((items) =>
      items.map(({ command }) => command),
    );
    const texts = Object.values(table('package.nls.json')).join('\n');
    const inTexts = [...texts.matchAll(/command:(belay\.[\w.]+)/g)].map((match) => match[1] ?? '');
    assert.ok(inTexts.length > 0);
    assert.deepEqual(
      [...inMenus, ...inTexts].filter((command) => !commands.includes(command)),
      [],
    );
  });
});
