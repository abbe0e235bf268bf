import assert from 'node:assert/strict';
import fs from 'node:fs';
import { readDecision } from '../../src/decisions/read';
import type { DecisionOption } from '../../src/decisions/decision';
import { answerDecision } from '../../src/sync/answer';
import { belay } from '../support/cli';
import { asking, Upstream } from '../sync/upstream';
import { programs } from './programs/all';
import { scenarios } from './scenarios';
import { connect } from './support/connection';
import { assertCovered } from './support/covered';
import { eachAgent } from './support/each';
import { given } from './support/installed';
import { before, onStage, type Stage } from './support/stage';

const answers = (
  [
    ['reset', 'continue'],
    ['reset', 'abort'],
    ['ask', 'keep_my_commits'],
  ] as const
).slice(0, given.all ? 3 : 2);

/** A question for a person, while the agent is at work: commits of ours and of others do not fit together. */
function diverge(stage: Stage, onConflict: string): void {
  const upstream = Upstream.of(stage.repo);
  upstream.commit({ 'a.txt': 'ours\n' });
  upstream.push({ 'a.txt': 'theirs\n' });
  const { code, out, err } = belay(stage.repo, ['sync', '--json', '--on-conflict', onConflict]);
  assert.equal(code, 1, out + err);
}

async function answer(stage: Stage, option: DecisionOption): Promise<void> {
  const worktree = await stage.repo.open();
  const decision = await readDecision(worktree, worktree.key);
  assert.equal(decision?.status, 'pending');
  await answerDecision(worktree, { option, seen: decision.version, by: 'a person' }, asking);
}

describe('a real agent while a decision waits', () => {
  eachAgent(
    programs.filter(({ refused }) => refused === 'ends'),
    (program) => {
      it('is stopped before its next tool call, and may work again after the answer', () =>
        onStage(async (stage) => {
          const { repo, model } = stage;
          const [first, second] = scenarios.writes('a').states;
          assert.ok(first && second);
          await connect(stage, [program]);
          const held = model.hold('a', 1);
          const agent = await stage.begin(program, 'a', scenarios.writes('a'));
          await before(agent, held.reached);
          diverge(stage, 'reset');
          held.release();
          await agent.ended;
          assert.ok(!fs.existsSync(repo.at(second.path)), 'the call did not run');
          await stage.perform(program, 'b', scenarios.writes('b'));
          assert.ok(!fs.existsSync(repo.at('b-1.txt')), 'nor does another run');
          await answer(stage, 'continue');
          await stage.perform(program, 'c', scenarios.writes('c'));
          await assertCovered(repo, program, scenarios.writes('c').states);
        }));
    },
  );

  eachAgent(
    programs.filter(({ refused }) => refused === 'hears why'),
    (program) => {
      for (const [policy, option] of answers) {
        it(`is refused its next tool call with the reason, and ${option === 'abort' ? 'ends after abort' : `goes on after ${option}`}`, () =>
          onStage(async (stage) => {
            const { repo, model } = stage;
            const scenario = scenarios.writes('a');
            const [first, second, third] = scenario.states;
            assert.ok(first && second && third);
            await connect(stage, [program]);
            const [beforeSecond, beforeThird, beforeEnd] = [1, 2, 3].map((step) => model.hold('a', step));
            assert.ok(beforeSecond && beforeThird && beforeEnd);
            const agent = await stage.begin(program, 'a', scenario);

            await before(agent, beforeSecond.reached);
            diverge(stage, policy);
            beforeSecond.release();

            const told = await before(agent, beforeThird.reached);
            assert.match(JSON.stringify(told.body), /Belay holds this worktree/);
            assert.ok(!fs.existsSync(repo.at(second.path)), 'the call did not run');
            await answer(stage, option);
            beforeThird.release();

            const heard = JSON.stringify((await before(agent, beforeEnd.reached)).body);
            beforeEnd.release();
            await agent.ended;
            if (option === 'abort') {
              assert.match(heard, /A person has ended the session/);
              assert.ok(!fs.existsSync(repo.at(third.path)), 'nothing runs in an ended session');
            } else {
              await assertCovered(repo, program, [first, third]);
            }
          }));
      }
    },
  );
});
