import assert from 'node:assert/strict';
import * as v from 'valibot';
import { belay, json } from '../support/cli';
import { clineWithHub } from './programs/cline';
import { scenarios } from './scenarios';
import { connect } from './support/connection';
import { assertCovered, checkpointsOf } from './support/covered';
import { eachAgent } from './support/each';
import { onStage } from './support/stage';

const result = v.object({
  written: v.array(v.unknown()),
  deleted: v.array(v.unknown()),
  skipped: v.array(v.unknown()),
});

describe('a real agent that leaves a process behind', () => {
  eachAgent([clineWithHub], (program) => {
    it('has its sessions told apart, and what is over blocks nobody', () =>
      onStage(async (stage) => {
        const { repo } = stage;
        await connect(stage, [program]);
        const names = ['a', 'b'] as const;
        const agents = await Promise.all(
          names.map((name) => stage.begin(program, name, scenarios.edits(name))),
        );
        for (const agent of agents) {
          const { code, err } = await agent.exited;
          assert.equal(code, 0, err);
        }
        const sessions = new Set<string>();
        for (const name of names) {
          sessions.add(await assertCovered(repo, program, scenarios.edits(name).states));
        }
        assert.equal(sessions.size, names.length);

        const [first] = await checkpointsOf(repo);
        assert.ok(first);
        const args = ['restore', first.oid, '--json'];
        const { written, deleted, skipped } = json(result, belay(repo, args));
        assert.deepEqual(skipped, [], 'nobody is taken to be at work any more');
        assert.ok(written.length + deleted.length > 0);
      }));
  });
});
