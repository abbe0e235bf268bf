import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { bash, eventOf, hook, log, placed, recorded, silent, write, type Recorded } from '../agents/support';
import { inRepo } from '../support/repo';

/** What a hook may keep of a payload depends on the agent, the event, the tool and which fields there are, not on what is in them. */
function oneOfEachShape(all: readonly Recorded[]): Recorded[] {
  return [
    ...new Map(
      all.map((one) => [JSON.stringify([one.agent, one.event, one.tool, shape(one.payload)]), one]),
    ).values(),
  ];
}

function shape(value: unknown): unknown {
  return typeof value !== 'object' || value === null || Array.isArray(value)
    ? typeof value
    : Object.entries(value)
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, field]) => [name, shape(field)]);
}

describe('belay hook stores', () => {
  it(
    'nothing of a payload but ids, names of tools and paths',
    inRepo(async (repo) => {
      const secret = 'S3CRET-MARK';
      const env = { MY_TOKEN: `${secret}-env`, ANTHROPIC_API_KEY: `${secret}-key` };
      const spread = {
        prompt: `${secret}-prompt`,
        transcript_path: `/home/${secret}-transcript`,
        tool_response: { stdout: `${secret}-output` },
        last_assistant_message: `${secret}-said`,
        error: `${secret}-error`,
        initialPrompt: `${secret}-initial`,
        prompt_response: `${secret}-response`,
      };
      for (const one of oneOfEachShape(recorded())) {
        const from = eventOf(one)?.session ?? '-none-';
        const payload = placed(one.payload, repo.folder, { from, to: `of-${one.agent}` });
        assert.ok(typeof payload === 'object');
        repo.write('bench-a1.txt', `${one.agent} ${one.event} ${one.tool}\n`);
        silent(hook(one.agent, { ...payload, ...spread }, { event: one.event, env }));
      }
      const file = path.join(repo.folder, 'a.txt');
      const more = { ...spread, tool_input: { file_path: file, content: `${secret}-content` } };
      const command = `curl -H "Authorization: ${secret}-bearer" x; git reset --hard`;
      const odd = { ...bash(repo, 'PostToolUse', command, spread), tool_name: `${secret} odd name!` };
      const calls = [
        write(repo, 'PostToolUse', file, more),
        bash(repo, 'PreToolUse', command, spread),
        bash(repo, 'PostToolUse', command, { ...spread, agent_id: 'task' }),
        odd,
      ];
      for (const [at, call] of calls.entries()) {
        repo.write('a.txt', `change ${at}\n`);
        const count = (await log(repo)).length;
        silent(hook('claude-code', call, { env }));
        assert.equal((await log(repo)).length, count + 1);
      }
      assert.ok((await log(repo)).length > 10);

      const objects = repo
        .gitBytes(['cat-file', '--batch', '--batch-all-objects', '--unordered'])
        .toString('latin1');
      assert.doesNotMatch(objects, new RegExp(secret));
      assert.doesNotMatch(objects, /BENCH agent|Bench session/);
      assert.doesNotMatch(repo.git('for-each-ref'), new RegExp(secret));
      for (const entry of fs.readdirSync(repo.commonDir, { recursive: true, withFileTypes: true })) {
        if (entry.isFile()) {
          const text = fs.readFileSync(path.join(entry.parentPath, entry.name), 'latin1');
          assert.ok(!text.includes(secret), path.join(entry.parentPath, entry.name));
        }
      }
    }),
  );
});
