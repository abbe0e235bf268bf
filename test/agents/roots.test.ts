import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { inRepo, type TestRepo } from '../support/repo';
import { savedIn, tell } from './reach';
import { log } from './support';

/** A repository with something that is not committed. */
function beside(repo: TestRepo, name: string): TestRepo {
  const folder = path.join(repo.base, name);
  fs.mkdirSync(folder, { recursive: true });
  for (const args of [
    ['init', '--quiet'],
    ['commit', '--quiet', '--allow-empty', '--message=first'],
  ]) {
    spawnSync('git', args, { cwd: folder });
  }
  const other = repo.other(folder);
  other.write('unsaved.txt', `in ${name}\n`);
  return other;
}

const tool = { tool_name: 'Shell', tool_input: { command: 'make' } };
/** Each event of Cursor's at which files are saved, and in whose name. */
const events: readonly (readonly [event: string, more: object, session: string])[] = [
  ['preToolUse', tool, 'c1'],
  ['postToolUse', tool, 'c1'],
  ['postToolUseFailure', { ...tool, failure_type: 'timeout' }, 'c1'],
  ['beforeSubmitPrompt', { prompt: 'do it' }, 'person'],
  ['stop', { status: 'completed' }, 'c1'],
  ['subagentStop', { status: 'completed' }, 'c1'],
  ['sessionEnd', {}, 'c1'],
];

describe('an agent that works in several folders at once', () => {
  for (const [hook_event_name, more, session] of events) {
    // From there on the events that end something are one.
    const firsts = ['subagentStop', 'sessionEnd', 'postToolUseFailure'].includes(hook_event_name)
      ? ['a repository']
      : ['a repository', 'no repository'];
    for (const first of firsts) {
      it(
        `has what is not committed saved in each of them at ${hook_event_name}, where its first is ${first}`,
        inRepo(async (repo) => {
          const home = beside(repo, 'fe');
          const other = beside(repo, 'be');
          const below = beside(repo, path.join('many', 'deep'));
          const plain = path.join(repo.base, 'notes');
          fs.mkdirSync(plain);
          const roots = [...(first === 'a repository' ? [] : [plain]), home.folder, other.folder];
          const workspace_roots = [...roots, path.join(repo.base, 'many')];
          await tell('cursor', {
            payload: { conversation_id: 'c1', workspace_roots, hook_event_name, ...more },
          });
          for (const [one, name] of [
            [home, 'fe'],
            [other, 'be'],
            [below, path.join('many', 'deep')],
          ] as const) {
            assert.ok(savedIn(one, one.folder)(`in ${name}\n`), name);
            assert.deepEqual(
              (await log(one)).map((checkpoint) => checkpoint.session),
              [session],
              name,
            );
          }
        }),
      );
    }
  }
});
