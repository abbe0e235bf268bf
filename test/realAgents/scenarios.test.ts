import { families, programs } from './programs/all';
import { scenarios } from './scenarios';
import { assertSame, shown } from './support/compare';
import { connect } from './support/connection';
import { assertCovered } from './support/covered';
import { eachAgent } from './support/each';
import { given } from './support/installed';
import { onStage } from './support/stage';

const everything = 'everything in one run';

/** In npm test, one run has it all. */
const chosen = Object.entries(scenarios).filter(([title]) => given.all || title === everything);

describe('a real agent, connected', () => {
  eachAgent([...programs, ...(given.all ? families : [])], (program) => {
    for (const [title, make] of chosen) {
      it(`${title}: all that it did is in checkpoints, and it did the same as without Belay`, () =>
        onStage(async (stage) => {
          const scenario = make('a');
          await connect(stage, [program]);
          const ended = await stage.perform(program, 'a', scenario);
          await assertCovered(stage.repo, program, scenario.states);
          await onStage(async (other) => {
            const alone = await other.perform(program, 'a', scenario);
            assertSame(shown(stage, [ended]), shown(other, [alone]));
          });
        }));
    }

    it('connected in the repository instead of the home: the same is in checkpoints', () =>
      onStage(async (stage) => {
        await connect(stage, [program], { level: 'project' });
        const scenario = scenarios.edits('a');
        await stage.perform(program, 'a', scenario);
        await assertCovered(stage.repo, program, scenario.states);
      }));
  });
});
