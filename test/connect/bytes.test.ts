import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { treeOf, valueOf } from '../../src/connect/jsonText';
import type { PersonalPlaces } from '../../src/agents/installation';
import { placesOf } from '../../src/connect/installed';
import { hookFiles, type HookFile } from '../../src/connect/hookFiles';
import { expectAgent } from '../../src/agents/registry';
import { inRepo, type TestRepo } from '../support/repo';
import { allAgents, connect, disconnect, listing, personOf } from './support';

/** Ways in which people and programs write such files. EVENT stands for one of the agent's own events. */
const styles: Readonly<Record<string, string>> = {
  'an empty object': '{}',
  'an empty object with a line end': '{}\n',
  'an empty object with space inside': '{ }',
  'an empty object over two lines': '{\n}\n',
  'an empty object that is indented': '  {\n  }\n',
  'a person’s settings': '{\n  "model": "x",\n  "env": { "A": "1" }\n}\n',
  'no final line end': '{\n  "model": "x"\n}',
  tabs: '{\n\t"model": "x",\n\t"list": [\n\t\t1\n\t]\n}\n',
  'four spaces': '{\n    "model": "x"\n}\n',
  CRLF: '{\r\n  "model": "x"\r\n}\r\n',
  'a byte order mark': '\uFEFF{\n  "model": "x"\n}\n',
  'one line': '{"model":"x"}',
  'one line with an empty object': '{"hooks":{}}',
  'one line with other hooks': '{"hooks":{"EVENT":[{"other":1}]},"z":true}',
  comments: '// first\n{\n  // about\n  "model": "x" // behind\n  /* last */\n}\n// end\n',
  'a trailing comma': '{\n  "model": "x",\n}\n',
  'a trailing comma and a comment': '{\n  "model": "x", // behind\n  // last\n}\n',
  'only a comment': '{\n  // nothing yet\n}\n',
  'empty hooks': '{\n  "hooks": {},\n  "model": "x"\n}\n',
  'empty hooks with space': '{\n  "hooks": {  },\n  "model": "x"\n}\n',
  'empty hooks over two lines': '{\n  "hooks": {\n  },\n  "model": "x"\n}\n',
  'an empty list of an event': '{\n  "hooks": {\n    "EVENT": []\n  }\n}\n',
  'an empty list with space': '{\n  "hooks": {\n    "EVENT": [ ]\n  }\n}\n',
  'an empty list over two lines': '{\n  "hooks": {\n    "EVENT": [\n    ]\n  }\n}\n',
  'a person’s own hooks':
    '{\n  "hooks": {\n    "EVENT": [\n      {\n        "hooks": [\n          { "type": "command", "command": "mine" }\n        ]\n      }\n    ]\n  },\n  "after": 1\n}\n',
  'a person’s own hooks on a line':
    '{\n  "hooks": {\n    "EVENT": [{ "hooks": [{ "type": "command", "command": "mine" }] }]\n  }\n}\n',
  'another event’s hooks': '{\n  "hooks": { "Other": [{ "hooks": [] }] }\n}\n',
  'a trailing comma in a list':
    '{\n  "hooks": {\n    "EVENT": [\n      { "a": 1 }, // mine\n    ],\n  },\n}\n',
  'what is not ASCII': '{\n  "name": "Zoë ✓ 日本 😀",\n  "escaped": "\\u00e9"\n}\n',
  'brackets on the same line': '{ "model": "x",\n  "b": 2 }\n',
  'a version of its own': '{\n  "version": 1,\n  "hooks": {}\n}\n',
};

const jsonAgents = allAgents.filter((agent) => agent !== 'opencode' && agent !== 'cline');

/** The one file of an agent in the main worktree. */
async function fileOf(repo: TestRepo, agent: string, personal: PersonalPlaces): Promise<HookFile> {
  const places = await placesOf(await repo.worktree());
  const [first] = hookFiles(expectAgent(agent), 'project', places, personal);
  return first ?? assert.fail(agent);
}

function eventOf(agent: string): string {
  const [file] = expectAgent(agent).installation.files(agent);
  assert.ok(file !== undefined && 'json' in file);
  return file.json.events[0] ?? assert.fail(agent);
}

/** What a file says without the hooks. */
function withoutHooks(text: string): unknown {
  const value = valueOf(treeOf(text));
  return JSON.parse(
    JSON.stringify(value, (key, one: unknown) => (key === 'hooks' || key === 'version' ? undefined : one)),
  );
}

describe('connecting and disconnecting gives back the very same bytes', () => {
  for (const agent of jsonAgents) {
    it(
      `${agent}: ${Object.keys(styles).length} ways to write its file`,
      inRepo(async (repo) => {
        const personal = personOf(repo);
        const { file, format } = await fileOf(repo, agent, personal);
        const event = eventOf(agent);
        fs.mkdirSync(path.dirname(file), { recursive: true });
        for (const [style, pattern] of Object.entries(styles)) {
          const before = pattern.replaceAll('EVENT', event);
          fs.writeFileSync(file, before, { mode: 0o640 });
          fs.chmodSync(file, 0o640);
          const found = listing(repo.folder);
          const plan = await connect(repo, personal, [agent]);
          assert.deepEqual(plan.obstacles, [], style);
          const after = fs.readFileSync(file, 'utf8');
          assert.notEqual(after, before, style);
          assert.deepEqual(withoutHooks(after), withoutHooks(before), style);
          assert.equal(format.state(after), 'connected', style);
          assert.equal(fs.statSync(file).mode & 0o777, 0o640, style);
          // Nothing of what was there is gone or moved, also not a comment.
          assert.ok(isWithin(before, after), `${style}\n${after}`);
          if (before.includes('\r\n')) {
            assert.doesNotMatch(after, /[^\r]\n/, style);
          }
          assert.deepEqual((await connect(repo, personal, [agent])).changes, [], `${style}: twice`);
          await disconnect(repo, personal, [agent]);
          assert.equal(fs.readFileSync(file, 'utf8'), before, style);
          assert.deepEqual(listing(repo.folder), found, style);
        }
      }),
    );
  }

  for (const level of ['project', 'user'] as const) {
    it(
      `all agents where there was nothing, at ${level} level`,
      inRepo(async (repo) => {
        repo.link('other');
        const personal = personOf(repo);
        const before = listing(repo.base, ['.belay']);
        const plan = await connect(repo, personal, allAgents, level);
        assert.deepEqual(plan.obstacles, []);
        assert.deepEqual(new Set(plan.changes.map(({ agent }) => agent)), new Set(allAgents));
        assert.notDeepEqual(listing(repo.base, ['.belay']), before);
        assert.deepEqual((await connect(repo, personal, allAgents, level)).changes, []);
        await disconnect(repo, personal);
        assert.deepEqual(listing(repo.base, ['.belay']), before);
        // The program stays for other repositories; nothing else of Belay's does.
        assert.deepEqual(fs.readdirSync(path.join(personal.home, '.belay')), ['hook']);
        assert.equal(fs.existsSync(path.join(repo.commonDir, 'belay', 'agents', 'connected.json')), false);
      }),
    );
  }

  it(
    'what a person adds after connecting stays, and what was empty is empty again',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      const file = path.join(repo.folder, '.claude', 'settings.json');
      repo.write('.claude/settings.json', '{\n  "hooks": {\n    "Stop": [ ]\n  }\n}\n');
      await connect(repo, personal, ['claude-code']);
      const text = fs.readFileSync(file, 'utf8');
      const more = text
        .replace('"Stop": [', '"Stop": [\n      { "hooks": [{ "type": "command", "command": "first" }] },')
        .replace(/\n {2}\}\n\}\n$/, ',\n    "Notification": []\n  },\n  "model": "x"\n}\n');
      assert.ok(treeOf(more));
      fs.writeFileSync(file, more);
      await disconnect(repo, personal, ['claude-code']);
      assert.deepEqual(JSON.parse(fs.readFileSync(file, 'utf8')), {
        hooks: {
          Stop: [{ hooks: [{ type: 'command', command: 'first' }] }],
          Notification: [],
        },
        model: 'x',
      });
      repo.write('.claude/settings.json', '{\n  "hooks": { }\n}\n');
      await connect(repo, personal, ['claude-code']);
      fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/\n\}\n$/, ',\n  "model": "x"\n}\n'));
      await disconnect(repo, personal, ['claude-code']);
      assert.equal(fs.readFileSync(file, 'utf8'), '{\n  "hooks": { },\n  "model": "x"\n}\n');
    }),
  );

  it(
    'a file that Belay made and a person has put something into stays, without the hooks',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      const file = path.join(repo.folder, '.codex', 'hooks.json');
      await connect(repo, personal, ['codex']);
      fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/^\{/, '{\n  "mine": 1,'));
      await disconnect(repo, personal);
      assert.deepEqual(JSON.parse(fs.readFileSync(file, 'utf8')), { mine: 1 });
    }),
  );

  it(
    'an entry that a person has edited is still known, and goes; a hook that they put beside it stays',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      const file = path.join(repo.folder, '.claude', 'settings.json');
      await connect(repo, personal, ['claude-code']);
      const text = fs.readFileSync(file, 'utf8').replace('"timeout": 30', '"timeout": 5');
      const edited = text.replace(
        /("Stop": \[\s*\{\s*"hooks": \[)/,
        '$1 { "type": "command", "command": "mine" },',
      );
      fs.writeFileSync(file, edited);
      assert.deepEqual(
        (await connect(repo, personal, ['claude-code'])).changes,
        [],
        'nothing is there twice',
      );
      await disconnect(repo, personal);
      assert.deepEqual(JSON.parse(fs.readFileSync(file, 'utf8')), {
        hooks: { Stop: [{ hooks: [{ type: 'command', command: 'mine' }] }] },
      });
    }),
  );

  it(
    'without the record of what was made, only what is empty may stay behind',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      repo.write('.gemini/settings.json', '{\n  "ui": { "theme": "x" }\n}\n');
      const before = listing(repo.folder);
      await connect(repo, personal, ['gemini', 'claude-code', 'cline']);
      fs.rmSync(path.join(repo.commonDir, 'belay', 'agents', 'connected.json'));
      await disconnect(repo, personal);
      const folders = listing(repo.folder).filter((line) => !before.includes(line));
      assert.ok(
        folders.every((line) => /\/ 40\d+$/.test(line)),
        folders.join('\n'),
      );
      assert.deepEqual(
        listing(repo.folder).filter((line) => before.includes(line)),
        before,
      );
    }),
  );

  it(
    'a record that holds anything else is as good as none',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      await connect(repo, personal, ['claude-code']);
      const record = path.join(repo.commonDir, 'belay', 'agents', 'connected.json');
      for (const text of ['', 'x', '[]', '{"files":{"a":{"file":1}}}']) {
        fs.writeFileSync(record, text);
        await disconnect(repo, personal);
        assert.equal(fs.existsSync(path.join(repo.folder, '.claude', 'settings.json')), false);
        await connect(repo, personal, ['claude-code']);
      }
    }),
  );
});

/** Whether all of the first text is in the second one, in this order, with one stretch or more put in between. */
function isWithin(first: string, second: string): boolean {
  let at = 0;
  for (const one of second) {
    at += first.startsWith(one, at) ? one.length : 0;
  }
  return at === first.length;
}
