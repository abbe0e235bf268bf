import assert from 'node:assert/strict';
import fs from 'node:fs';
import { programs } from './programs/all';
import { scenarios } from './scenarios';
import { connect } from './support/connection';
import { assertCovered } from './support/covered';
import { eachAgent } from './support/each';
import { before, onStage } from './support/stage';

describe('two processes of a real agent in one session', () => {
  eachAgent(
    programs.filter(({ sharesSessions }) => sharesSessions),
    (program) => {
      it('the older one is refused its next tool call with the reason, while the newer one works', () =>
        onStage(async (stage) => {
          const { repo, model } = stage;
          await connect(stage, [program]);
          const older = model.hold('a', 1);
          const newer = model.hold('b', 1);
          const first = await stage.begin(program, 'a', scenarios.writes('a'));
          await before(first, older.reached);
          const second = await stage.begin(program, 'b', scenarios.writes('b'), { goesOn: true });
          await before(second, newer.reached);

          older.release();
          await before(first, model.hears('Another process works for the session'));
          const [fromFirst, refused] = scenarios.writes('a').states;
          assert.ok(fromFirst && refused);
          assert.ok(!fs.existsSync(repo.at(refused.path)), 'the call did not run');
          newer.release();
          await Promise.all([first.ended, second.ended]);
          // Where both share one conversation, the older one took up some of what the newer one was asked, in vain.
          const done = scenarios.writes('b').states.filter(({ path }) => fs.existsSync(repo.at(path)));
          assert.ok(done.length > 0);
          await assertCovered(repo, program, [fromFirst, ...done]);
        }));
    },
  );

  eachAgent(
    programs.filter(({ goesOn, sharesSessions }) => goesOn && !sharesSessions),
    (program) => {
      it('it lets no second one in by itself, and the first one works on', () =>
        onStage(async (stage) => {
          await connect(stage, [program]);
          const held = stage.model.hold('a', 1);
          const first = await stage.begin(program, 'a', scenarios.writes('a'));
          await before(first, held.reached);
          const second = await stage.perform(program, 'b', scenarios.writes('b'), { goesOn: true });
          assert.notEqual(second.code, 0);
          held.release();
          assert.equal((await first.ended).code, 0);
          await assertCovered(stage.repo, program, scenarios.writes('a').states);
        }));
    },
  );
});
