import assert from 'node:assert/strict';
import { programs } from './programs/all';
import type { AgentProgram } from './programs/program';
import { scenarios } from './scenarios';
import { assertSame, shown } from './support/compare';
import { connect } from './support/connection';
import { assertCovered, assertHeld } from './support/covered';
import { eachAgent } from './support/each';
import { given } from './support/installed';
import type { Ended } from './support/process';
import { before, onStage, type Stage } from './support/stage';

const signals = given.all ? (['SIGINT', 'SIGTERM', 'SIGKILL'] as const) : (['SIGINT', 'SIGKILL'] as const);

/** Ends an agent in the middle of a turn: its first tool call is over, its model thinks about the second. */
async function interrupted(stage: Stage, program: AgentProgram, signal: NodeJS.Signals): Promise<Ended> {
  const held = stage.model.hold('a', 1);
  const agent = await stage.begin(program, 'a', scenarios.writes('a'));
  await before(agent, held.reached);
  agent.signal(signal);
  const ended = await agent.ended;
  held.release();
  return ended;
}

describe('a real agent that is interrupted', () => {
  eachAgent(programs, (program) => {
    for (const signal of signals) {
      it(`by ${signal} in a turn: what it did is in checkpoints, it ends as without Belay, and goes on in its session`, () =>
        onStage(async (stage) => {
          await connect(stage, [program]);
          const ended = await interrupted(stage, program, signal);
          const states = scenarios.writes('a').states.slice(0, 1);
          const session = await assertCovered(stage.repo, program, states);
          await onStage(async (other) => {
            const alone = await interrupted(other, program, signal);
            assertSame(shown(stage, [ended]), shown(other, [alone]));
          });
          if (program.goesOn) {
            await stage.perform(program, 'b', scenarios.edits('b'), { goesOn: true });
            const again = await assertCovered(stage.repo, program, scenarios.edits('b').states);
            assert.equal(again, session);
          }
        }));
    }

    it('killed the moment a tool has changed a file: the next run of anybody covers that', () =>
      onStage(async (stage) => {
        await connect(stage, [program]);
        const agent = await stage.begin(program, 'a', scenarios.writes('a'));
        const [first] = scenarios.writes('a').states;
        assert.ok(first);
        await stage.appearing(first);
        agent.signal('SIGKILL');
        await agent.ended;
        await stage.perform(program, 'b', scenarios.shell('b'));
        await assertCovered(stage.repo, program, scenarios.shell('b').states);
        await assertHeld(stage.repo, first);
      }));
  });
});

describe('a real agent that goes on with a session', () => {
  eachAgent(
    programs.filter(({ goesOn }) => goesOn),
    (program) => {
      it('does so in the same one, under a new claim, and as without Belay', () =>
        onStage(async (stage) => {
          const twice = async (on: Stage): Promise<Ended[]> => [
            await on.perform(program, 'a', scenarios.edits('a')),
            await on.perform(program, 'b', scenarios.shell('b'), { goesOn: true }),
          ];
          await connect(stage, [program]);
          const ended = await twice(stage);
          const states = [...scenarios.edits('a').states, ...scenarios.shell('b').states];
          await assertCovered(stage.repo, program, states);
          await onStage(async (other) => {
            assertSame(shown(stage, ended), shown(other, await twice(other)));
          });
        }));
    },
  );
});
