import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { programs } from './programs/all';
import type { Scenario } from './scenarios';
import { connect } from './support/connection';
import { assertCovered } from './support/covered';
import { eachAgent } from './support/each';
import { before, onStage, type Stage } from './support/stage';

/** What nobody but the agent is to know. What the output says is not in the command. */
const marks = {
  prompt: 'mark-of-the-prompt',
  command: 'mark-of-the-command',
  output: 'mark-of-output-42',
  environment: 'mark-of-the-environment',
} as const;

const telling: Scenario = {
  steps: [
    [{ kind: 'write', path: 'a-1.txt', content: 'no secret\n' }],
    [
      {
        kind: 'shell',
        command: `: ${marks.command}; printf 'mark-of-%s-42\\n' output; sleep 0.3; echo plain > a-2.txt; git reset --quiet --hard`,
      },
    ],
    [{ kind: 'shell', command: `printf 'mark-of-%s-42\\n' output >&2; sleep 0.3; exit 3` }],
    [{ kind: 'edit', path: 'a-1.txt', old: `not there: ${marks.command}`, new: 'x' }],
  ],
  states: [
    { path: 'a-1.txt', content: 'no secret\n', bySubagent: false, byShell: false },
    { path: 'a-2.txt', content: 'plain\n', bySubagent: false, byShell: true },
  ],
};

/** Everything that Belay has written, under names that say where it is. */
function written({ repo, home }: Stage): Map<string, Buffer> {
  const objects = repo.gitBytes(['cat-file', '--batch-all-objects', '--batch', '--unordered']);
  const found = new Map([
    ['objects', objects],
    ['references', Buffer.from(repo.git('for-each-ref', '--format=%(refname) %(contents)'))],
  ]);
  for (const folder of [path.join(repo.commonDir, 'belay'), path.join(home, '.belay')]) {
    for (const file of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const full = path.join(folder, file);
      if (fs.statSync(full).isFile()) {
        found.set(full, Buffer.concat([Buffer.from(`${file}\n`), fs.readFileSync(full)]));
      }
    }
  }
  return found;
}

describe('what a real agent hears and says', () => {
  eachAgent(programs, (program) => {
    it('is nowhere in what Belay writes: not of prompts, commands, outputs, the environment', () =>
      onStage(async (stage) => {
        await connect(stage, [program]);
        const held = stage.model.hold('a', 1);
        const agent = await stage.begin(program, 'a', telling, {
          says: ` ${marks.prompt}`,
          env: { SOME_TOKEN: marks.environment },
        });
        await before(agent, held.reached);
        // So that there is something to put down before the command, too.
        stage.repo.write('by-a-person.txt', 'plain\n');
        held.release();
        await agent.ended;
        const heard = JSON.stringify(stage.model.seen);
        for (const mark of [marks.prompt, marks.command, marks.output]) {
          assert.ok(heard.includes(mark), `${mark} was there to be found`);
        }
        await assertCovered(stage.repo, program, telling.states);
        const all = written(stage);
        assert.ok([...all].some(([, content]) => content.includes('Belay-Session: ')));
        for (const [where, content] of all) {
          for (const mark of Object.values(marks)) {
            assert.ok(!content.includes(mark), `${mark} is in ${where}`);
          }
        }
      }));
  });
});
