import assert from 'node:assert/strict';
import fs from 'node:fs';
import { programs } from './programs/all';
import { scenarios } from './scenarios';
import { connect } from './support/connection';
import { assertCovered } from './support/covered';
import { eachAgent } from './support/each';
import { onStage } from './support/stage';

describe('two processes of a real agent in one session', () => {
  eachAgent(
    programs.filter(({ goesOn }) => goesOn),
    (program) => {
      it('the older one is refused its next tool call with the reason, while the newer one works', () =>
        onStage(async (stage) => {
          const { repo, model } = stage;
          await connect(stage, [program]);
          const older = model.hold('a', 1);
          const toldOlder = model.hold('a', 2);
          const newer = model.hold('b', 1);
          const first = await stage.begin(program, 'a', scenarios.writes('a'));
          await Promise.race([older.reached, first.ended]);
          const second = await stage.begin(program, 'b', scenarios.writes('b'), { goesOn: true });
          await Promise.race([newer.reached, second.ended]);

          older.release();
          const told = await toldOlder.reached;
          assert.match(JSON.stringify(told.body), /Another process works for the session/);
          const [fromFirst, refused] = scenarios.writes('a').states;
          assert.ok(fromFirst && refused);
          assert.ok(!fs.existsSync(repo.at(refused.path)), 'the call did not run');
          toldOlder.release();
          newer.release();
          await Promise.all([first.ended, second.ended]);
          await assertCovered(repo, program, [fromFirst, ...scenarios.writes('b').states]);
        }));
    },
  );
});
