import assert from 'node:assert/strict';
import type { TestRepo } from '../support/repo';
import { programs } from './programs/all';
import type { AgentProgram } from './programs/program';
import { scenarios, type Scenario } from './scenarios';
import { connect } from './support/connection';
import { assertCovered, assertHeld } from './support/covered';
import { given, installed } from './support/installed';
import { onStage, type Stage } from './support/stage';

/** How many of each agent work at once. */
const whole: Readonly<Record<string, number>> = {
  'claude-code': 3,
  codex: 2,
  gemini: 2,
  copilot: 1,
  opencode: 1,
};
const small: Readonly<Record<string, number>> = { gemini: 2, copilot: 1 };

interface Member {
  readonly program: AgentProgram;
  readonly name: string;
  readonly scenario: Scenario;
}

/** Those that run here, each with another thing to do. */
function fleet(): Member[] {
  const kinds = [scenarios.edits, scenarios.shell, scenarios.parallel];
  const wanted = given.all ? whole : small;
  return programs
    .filter((program) => installed(program).kind === 'installed')
    .flatMap((program) => Array.from({ length: wanted[program.name] ?? 0 }, () => program))
    .map((program, at) => {
      const name = `m${at}`;
      const make = kinds[at % kinds.length] ?? scenarios.edits;
      return { program, name, scenario: make(name) };
    });
}

/** They work at the same time, spread over these folders; fails when anything is lost, or two sessions are taken for one. */
async function work(stage: Stage, repos: readonly TestRepo[]): Promise<void> {
  const members = fleet();
  await connect(
    stage,
    members.map(({ program }) => program),
  );
  const placed = members.map((member, at) => ({ ...member, repo: repos[at % repos.length] ?? stage.repo }));
  const ended = await Promise.all(
    placed.map(({ program, name, scenario, repo }) =>
      stage.perform(program, name, scenario, { folder: repo.folder }),
    ),
  );
  assert.deepEqual(
    ended.map(({ code }) => code),
    members.map(() => 0),
    JSON.stringify(ended),
  );
  const sessions: string[] = [];
  for (const { program, scenario, repo } of placed) {
    const named = scenario.states.filter(({ byShell }) => !byShell);
    sessions.push(await assertCovered(repo, program, named));
    for (const state of scenario.states) {
      await assertHeld(repo, state);
    }
  }
  assert.equal(new Set(sessions).size, members.length, `One session each: ${sessions.join(', ')}`);
}

const title = fleet()
  .map(({ program }) => program.name)
  .join(', ');

describe(`a mixed fleet of real agents (${title === '' ? 'none is installed' : title})`, () => {
  if (title === '') {
    it('skipped: none of its agents is installed');
    return;
  }

  it('at once in one worktree: nothing is lost, and every session is told apart', () =>
    onStage((stage) => work(stage, [stage.repo])));

  it('spread over three worktrees: the same', () =>
    onStage((stage) => work(stage, [stage.repo, stage.repo.link('second'), stage.repo.link('third')])));
});
