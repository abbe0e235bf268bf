import assert from 'node:assert/strict';
import * as v from 'valibot';
import { belay, json } from '../support/cli';
import { programs } from './programs/all';
import type { Scenario } from './scenarios';
import { connect } from './support/connection';
import { checkpointsOf, contentAt } from './support/covered';
import { eachAgent } from './support/each';
import { before, onStage } from './support/stage';

/** What is lost to git when an agent cleans up: a change that is not committed, a new file, its own work, staged work. */
const precious: Readonly<Record<string, string>> = {
  'a.txt': 'changed by a person, not committed\n',
  'notes/idea.txt': 'new, never added\n',
  'staged.txt': 'added, not committed\n',
  'a-1.txt': 'by the agent itself\n',
};

/** It writes, and then it destroys, in the ways in which agents do. */
const wrecking: Scenario = {
  steps: [
    [{ kind: 'write', path: 'a-1.txt', content: precious['a-1.txt'] ?? '' }],
    [{ kind: 'shell', command: 'git add -A && git checkout -- . && git reset --quiet --hard' }],
    [{ kind: 'shell', command: 'git checkout -- . ; git clean -fdxq' }],
  ],
  states: [],
};

describe('a real agent that destroys', () => {
  eachAgent(programs, (program) => {
    it('git reset --hard, git checkout -- . and git clean -fdx: one restore brings everything back that is not ignored', () =>
      onStage(async (stage) => {
        const { repo } = stage;
        repo.write('.gitignore', 'ignored/\n');
        repo.git('add', '.gitignore');
        repo.git('commit', '--quiet', '--message=Ignore');
        repo.write('ignored/cache.bin', 'can be made again\n');
        await connect(stage, [program]);
        const held = stage.model.hold('a', 1);
        const agent = await stage.begin(program, 'a', wrecking);
        await before(agent, held.reached);
        // While the agent is at work, so that nothing but the look before the command can have seen it.
        for (const [name, content] of Object.entries(precious)) {
          if (name !== 'a-1.txt') {
            repo.write(name, content);
          }
        }
        repo.git('add', 'staged.txt');
        held.release();
        const { code, err } = await agent.ended;
        assert.equal(code, 0, err);
        assert.equal(repo.read('a.txt').toString(), 'first\n', 'it did destroy');
        assert.equal(repo.git('ls-files', '--others'), '', 'it did clean');

        const complete = (await checkpointsOf(repo)).filter(({ oid }) =>
          Object.entries(precious).every(([name, content]) => contentAt(repo, oid, name) === content),
        );
        const latest = complete.at(-1);
        assert.ok(latest, 'no checkpoint holds all of it');
        assert.equal(contentAt(repo, latest.oid, 'ignored/cache.bin'), undefined);
        const result = json(v.looseObject({}), belay(repo, ['restore', latest.oid, '--json']));
        for (const [name, content] of Object.entries(precious)) {
          assert.equal(repo.read(name).toString(), content, `${name}: ${JSON.stringify(result)}`);
        }
      }));
  });
});
