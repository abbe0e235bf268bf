import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { hookFiles } from '../../src/connect/hookFiles';
import { placesOf } from '../../src/connect/installed';
import { treeOf, valueOf, valuesOf, withoutItem } from '../../src/connect/jsonText';
import type { PersonalPlaces } from '../../src/agents/installation';
import type { AgentNote } from '../../src/connect/connectionModel';
import { earlierPlugins, pluginText } from '../../src/agents/opencode/opencodePlugin';
import { agentStatuses } from '../../src/connect/statuses';
import { expectAgent } from '../../src/agents/registry';
import { belay } from '../support/cli';
import { inRepo, type TestRepo } from '../support/repo';
import { connect, disconnect, personOf } from './support';

/** The events that came after the first release that connected these agents. */
const later: Readonly<Record<string, readonly string[]>> = {
  'claude-code': ['UserPromptSubmit', 'PreSkillShellCommand'],
  codex: ['UserPromptSubmit', 'Interrupt'],
  gemini: ['BeforeAgent'],
  copilot: ['userPromptSubmitted'],
  qwen: ['UserPromptSubmit'],
  cursor: ['beforeSubmitPrompt'],
  vscode: ['UserPromptSubmit'],
};

const before: Readonly<Record<string, string | undefined>> = {
  'no file': undefined,
  'a person’s settings': '{\n  "model": "x", // mine\n  "hooks": { }\n}\n',
  'a person’s own hooks, with tabs':
    '{\n\t"hooks": {\n\t\t"UserPromptSubmit": [],\n\t\t"Other": [ 1 ]\n\t}\n}\n',
};

const recordShape = v.object({
  files: v.record(
    v.string(),
    v.looseObject({ containers: v.array(v.looseObject({ keys: v.array(v.string()) })) }),
  ),
});

async function fileOf(repo: TestRepo, agent: string, personal: PersonalPlaces): Promise<string> {
  const places = await placesOf(await repo.worktree());
  const [first] = hookFiles(expectAgent(agent), 'project', places, personal);
  return first?.file ?? assert.fail(agent);
}

/** The text without the entries of these events, and without their lists where those were not there before. */
function withoutEvents(text: string, events: readonly string[], was: string | undefined): string {
  let result = text;
  for (const event of events) {
    const root = treeOf(result) ?? assert.fail();
    const [hooks] = valuesOf(root, 'hooks');
    const [list] = hooks === undefined ? [] : valuesOf(hooks, event);
    assert.ok(hooks !== undefined && list?.parent !== undefined, event);
    const [entry] = list.children ?? [];
    result =
      was?.includes(`"${event}": []`) === true && entry !== undefined
        ? result.slice(0, list.offset) + '[]' + result.slice(list.offset + list.length)
        : withoutItem(result, hooks, list.parent);
  }
  return result;
}

/** Makes a connection as it was made by an earlier release: its text, and what it noted. */
async function connectEarlier(
  repo: TestRepo,
  personal: PersonalPlaces,
  agent: string,
  was: string | undefined,
): Promise<{ readonly file: string; readonly text: string }> {
  const file = await fileOf(repo, agent, personal);
  const events = later[agent] ?? assert.fail(agent);
  if (was !== undefined) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, was);
  }
  await connect(repo, personal, [agent]);
  const text = withoutEvents(fs.readFileSync(file, 'utf8'), events, was);
  fs.writeFileSync(file, text);
  const noted = path.join(repo.commonDir, 'belay', 'agents', 'connected.json');
  const { files } = v.parse(recordShape, JSON.parse(fs.readFileSync(noted, 'utf8')));
  for (const made of Object.values(files)) {
    made.containers = made.containers.filter(({ keys }) => !events.includes(keys[1] ?? ''));
  }
  fs.writeFileSync(noted, JSON.stringify({ files }));
  return { file, text };
}

async function notes(repo: TestRepo, personal: PersonalPlaces, agent: string): Promise<AgentNote[]> {
  const statuses = await agentStatuses(await repo.worktree(), personal);
  return statuses
    .flatMap(({ notes: own }) => own)
    .filter((note) => note.agent === agent && ['lacks_events', 'partial'].includes(note.kind));
}

describe('what an earlier release has connected', function () {
  this.timeout(120_000);

  for (const agent of Object.keys(later)) {
    // One of each kind of file is enough for what is around the entries; all of them in the long suite.
    const whole = ['codex', 'copilot'].includes(agent) || process.env['BELAY_TEST_SIZE'] === 'long';
    for (const [what, was] of Object.entries(before).filter(([, text]) => whole || text === undefined)) {
      it(
        `${agent}, ${what}: it is said what is not told; connecting again adds that alone; disconnecting gives back the bytes`,
        inRepo(async (repo) => {
          const personal = personOf(repo);
          const { file, text } = await connectEarlier(repo, personal, agent, was);
          const events = later[agent] ?? [];
          assert.deepEqual(await notes(repo, personal, agent), [
            { agent, kind: 'lacks_events', about: `${events.join(', ')} (${file})` },
          ]);
          await connect(repo, personal, [agent]);
          assert.deepEqual(await notes(repo, personal, agent), []);
          const again = fs.readFileSync(file, 'utf8');
          assert.equal(
            withoutEvents(again, events, was),
            text,
            'what was there stays as it was, byte for byte',
          );
          const lists = (one: string): unknown => valueOf(treeOf(one));
          assert.notDeepEqual(lists(again), lists(text));
          await disconnect(repo, personal);
          assert.equal(fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined, was);
        }),
      );
    }

    it(
      `${agent}: without connecting again it goes out as it came`,
      inRepo(async (repo) => {
        const personal = personOf(repo);
        const { file } = await connectEarlier(repo, personal, agent, undefined);
        // Also where it is not known any more what connecting made.
        fs.rmSync(path.join(repo.commonDir, 'belay', 'agents', 'connected.json'));
        await disconnect(repo, personal);
        assert.equal(fs.existsSync(file), false);
      }),
    );
  }

  it(
    'opencode’s plugin is replaced by the one that tells more, and either goes',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      const file = path.join(repo.folder, '.opencode', 'plugins', 'belay.js');
      for (const [earlier, lacks] of earlierPlugins('opencode')) {
        await connect(repo, personal, ['opencode']);
        fs.writeFileSync(file, earlier);
        assert.deepEqual(await notes(repo, personal, 'opencode'), [
          { agent: 'opencode', kind: 'lacks_events', about: `${lacks.join(', ')} (${file})` },
        ]);
        await connect(repo, personal, ['opencode']);
        assert.equal(fs.readFileSync(file, 'utf8'), pluginText('opencode'));
        fs.writeFileSync(file, earlier);
        await disconnect(repo, personal);
        assert.equal(fs.existsSync(file), false);
      }
    }),
  );

  it(
    'one whose entries were changed by hand is no earlier one',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      const { file, text } = await connectEarlier(repo, personal, 'codex', undefined);
      fs.writeFileSync(file, text.replace('"timeout": 30', '"timeout": 3'));
      assert.deepEqual(await notes(repo, personal, 'codex'), [
        { agent: 'codex', kind: 'partial', about: file },
      ]);
    }),
  );

  it(
    'the doctor and the list of agents say it, and what to do',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      await connectEarlier(repo, personal, 'codex', undefined);
      for (const command of ['doctor', 'agents']) {
        const said = belay(repo, [command], { env: { HOME: personal.home } });
        assert.match(
          said.out,
          /codex was connected by an earlier version of Belay .* UserPromptSubmit, Interrupt/,
        );
        assert.match(said.out, /belay connect codex/);
      }
    }),
  );
});
