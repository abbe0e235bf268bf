import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { bash, hook, silent } from '../agents/support';
import { GitRecorder } from '../support/git-recorder';
import { inRepo, type TestRepo } from '../support/repo';

/**
 * How many git processes the hooks of a shell call may start, each of which an agent waits for: where nothing changed, and with one
 * edited file. Before what the references name was looked at, they were 6 and 5, 10 and 7.
 */
const limits = { asItWas: [8, 7], edited: [12, 9] } as const;

/** The git processes of both hooks of one shell call. */
function count(repo: TestRepo, recorder: GitRecorder): [number, number] {
  const of = (event: 'PreToolUse' | 'PostToolUse'): number => {
    const before = recorder.calls().length;
    silent(hook('claude-code', bash(repo, event, 'make'), { env: { PATH: recorder.path } }));
    return recorder.calls().length - before;
  };
  return [of('PreToolUse'), of('PostToolUse')];
}

function assertWithin(
  counted: readonly [number, number],
  allowed: readonly [number, number],
  what: string,
): void {
  assert.ok(
    counted[0] <= allowed[0] && counted[1] <= allowed[1],
    `${what}: ${counted.join(' and ')} processes, allowed are ${allowed.join(' and ')}`,
  );
}

describe('belay hook starts few git processes', () => {
  for (const branches of [1, 100, 5_000]) {
    it(
      `around a shell call, with ${branches} branches`,
      inRepo((repo) => {
        const recorder = new GitRecorder();
        try {
          const head = repo.git('rev-parse', 'HEAD');
          const names = Array.from({ length: branches - 1 }, (_, at) => `create refs/heads/b${at} ${head}\n`);
          repo.gitBytes(['update-ref', '--stdin'], names.join(''));
          repo.git('pack-refs', '--all');
          // A step of HEAD's in the last seconds could be the call's own: git is asked for its log then, which is one more.
          const longAgo = Date.now() / 1000 - 3_600;
          fs.utimesSync(path.join(repo.gitDir, 'logs', 'HEAD'), longAgo, longAgo);
          count(repo, recorder);
          const counted = count(repo, recorder);
          assertWithin(counted, limits.asItWas, 'nothing changed');
          repo.write('a.txt', 'edited\n');
          const edited = count(repo, recorder);
          assertWithin(edited, limits.edited, 'one file edited');
          console.log(
            `      nothing changed: ${counted.join(' and ')}; one file edited: ${edited.join(' and ')}`,
          );
        } finally {
          recorder.remove();
        }
        return Promise.resolve();
      }),
    );
  }
});
