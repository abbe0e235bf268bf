import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { LookTime } from '../../src/agents/scene';
import { openIn } from '../../src/agents/mark';
import { inRepo, type TestRepo } from '../support/repo';
import { savedIn, tell } from './reach';
import { log } from './support';

/** A repository in a folder of this one's base, with a commit and something that is not committed. */
function beside(repo: TestRepo, name: string, content: string): TestRepo {
  const folder = path.join(repo.base, 'all', name);
  fs.mkdirSync(folder, { recursive: true });
  for (const args of [
    ['init', '--quiet'],
    ['commit', '--quiet', '--allow-empty', '--message=first'],
  ]) {
    spawnSync('git', args, { cwd: folder });
  }
  fs.writeFileSync(path.join(folder, 'unsaved.txt'), content);
  return repo.other(folder);
}

function payload(event: string, cwd: string, command: string): unknown {
  const call = { tool_name: 'Bash', tool_input: { command }, tool_use_id: 'toolu_1' };
  return { session_id: 's-one', cwd, hook_event_name: event, ...call };
}

/** Where the agent works, from the folder that holds both repositories, and what it runs there. */
const rows: readonly { readonly at: string; readonly run: string }[] = [
  { at: '.', run: 'cd be && git clean -fdq' },
  { at: '.', run: 'git -C be clean -fdq' },
  { at: '.', run: 'for r in */; do (cd "$r"; git clean -fdq); done' },
  { at: '.', run: 'rm -f be/unsaved.txt' },
  { at: 'fe', run: 'cd ../be && git clean -fdq' },
  { at: 'fe', run: 'git -C ../be clean -fdq' },
  { at: 'fe', run: 'git -C .. -C be clean -fdq' },
  { at: 'fe', run: 'B=../be; cd "$B" && git clean -fdq' },
  { at: 'fe', run: 'rm -f ../be/unsaved.txt' },
  { at: 'fe', run: 'GIT_DIR=../be/.git GIT_WORK_TREE=../be git clean -fdq' },
  { at: 'fe', run: 'cd .. && find . -name unsaved.txt -delete' },
];

describe('what is not committed in a repository beside the agent’s own, or below its folder', function () {
  this.timeout(60_000);

  for (const { at, run } of rows) {
    it(
      `${at === '.' ? 'from above' : 'from another repository'}, ${run}: it is in a checkpoint before, of the same session`,
      inRepo(async (repo) => {
        beside(repo, 'fe', 'in fe\n');
        const be = beside(repo, 'be', `in be, ${run}\n`);
        const cwd = path.join(repo.base, 'all', at);
        await tell('claude-code', { payload: payload('PreToolUse', cwd, run) });
        spawnSync('bash', ['-c', run], { cwd });
        assert.equal(fs.existsSync(be.at('unsaved.txt')), false, 'the command destroys it');
        assert.ok(savedIn(be, be.folder)(`in be, ${run}\n`));
        assert.deepEqual(
          (await log(be)).map(({ session }) => session),
          ['s-one'],
        );
      }),
    );
  }

  it(
    'of ten below the folder eight are covered, those that Belay was used in first, and the checkpoints say how many more there are',
    inRepo(async (repo) => {
      const names = Array.from({ length: 10 }, (_, at) => `r${at}`);
      const repos = names.map((name) => beside(repo, name, `in ${name}\n`));
      await repos[9]?.checkpoint();
      repos[9]?.write('unsaved.txt', 'in r9, later\n');
      const cwd = path.join(repo.base, 'all');
      await tell('claude-code', { payload: payload('PreToolUse', cwd, 'make') });
      const covered = repos.filter(
        (one) => one.tryGit('rev-parse', 'refs/belay/shadow/main/current').code === 0,
      );
      assert.equal(covered.length, 8);
      assert.ok(savedIn(repos[9] ?? repo, repos[9]?.folder ?? '')('in r9, later\n'));
      for (const one of covered) {
        assert.match(
          (await log(one))[0]?.message ?? '',
          /2 more repositories below the folder were not looked at/,
        );
      }
    }),
  );

  it(
    'once the hook has no time left, those that it has not looked at are left to the process, each by itself',
    inRepo(async (repo) => {
      const repos = ['r1', 'r2'].map((name) => beside(repo, name, `in ${name}\n`));
      const later: string[] = [];
      await tell(
        'claude-code',
        { payload: payload('PreToolUse', path.join(repo.base, 'all'), 'make') },
        {
          lookTime: new LookTime(0),
          finishLater: ({ root }) => {
            later.push(root);
            return Promise.resolve();
          },
        },
      );
      assert.deepEqual(
        later,
        repos.map(({ folder }) => folder),
      );
      for (const one of repos) {
        assert.deepEqual(await log(one), []);
        assert.deepEqual(
          (await openIn(await one.worktree())).map(({ why }) => why),
          ['scan_too_long'],
        );
      }
    }),
  );

  it(
    'what a person changed there before a prompt is the person’s',
    inRepo(async (repo) => {
      const be = beside(repo, 'be', 'in be\n');
      const cwd = path.join(repo.base, 'all');
      const prompt = { session_id: 's-one', cwd, hook_event_name: 'UserPromptSubmit', prompt: 'Go on' };
      await tell('claude-code', { payload: prompt });
      assert.deepEqual(
        (await log(be)).map(({ session, tool }) => [session, tool]),
        [['person', 'prompt']],
      );
    }),
  );
});
