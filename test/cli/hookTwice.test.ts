import assert from 'node:assert/strict';
import path from 'node:path';
import { bash, claude, gaps, held, id, log, silent, startHook, write } from '../agents/support';
import { inRepo, type TestRepo } from '../support/repo';
import { sized } from '../support/size';

const rounds = sized({ short: 3, long: 100 });

/** Tells several hooks at once; fails unless none of them is noticed. */
async function atOnce(...hooks: Parameters<typeof startHook>[]): Promise<void> {
  const ends = await Promise.all(hooks.map((one) => startHook(...one).over));
  for (const { code, out, err } of ends) {
    silent({ code, out, err });
  }
}

describe('belay hook handles an event once', function () {
  this.timeout(sized({ short: 300_000, long: 0 }));

  it(
    'that is told twice at the same time, as where both levels are connected',
    inRepo(async (repo) => {
      await repo.checkpoint();
      await atOnce([claude(repo, 'SessionStart', { source: 'startup' })], [claude(repo, 'SessionStart')]);
      for (let round = 0; round < rounds; round += 1) {
        const name = `file-${round % 3}.txt`;
        repo.write(name, `round ${round}\n`);
        const payload =
          round % 3 === 2
            ? bash(repo, 'PostToolUse', 'make')
            : write(repo, 'PostToolUse', path.join(repo.folder, name));
        const count = (await log(repo)).length;
        await atOnce([payload], [payload]);
        const checkpoints = await log(repo);
        assert.equal(checkpoints.length, count + 1, `round ${round}`);
        assert.deepEqual([checkpoints[0]?.session, checkpoints[0]?.agent], [id, 'claude-code']);
        assert.equal(held(repo, checkpoints[0]?.oid ?? '', name), `round ${round}\n`);
        assert.doesNotMatch(checkpoints[0]?.message ?? '', /gap/, 'a hook that runs has left no gap');
        await nothingNew(repo, payload);
      }
      assert.deepEqual(gaps(repo), []);
      assert.equal(repo.git('for-each-ref', 'refs/belay/overflow/'), '', 'none was fenced, or landed beside');
    }),
  );

  it(
    'that copilot tells claude’s hooks as well',
    inRepo(async (repo) => {
      for (let round = 0; round < Math.ceil(rounds / 2); round += 1) {
        repo.write('a.txt', `round ${round}\n`);
        const file = path.join(repo.folder, 'a.txt');
        const count = (await log(repo)).length;
        const own = { sessionId: 'c3', cwd: repo.folder, toolName: 'edit', toolArgs: { path: file } };
        const copied = write(repo, 'PostToolUse', file, { session_id: 'c3', tool_name: 'Edit' });
        const env = { COPILOT_CLI: '1' };
        await atOnce([own, { agent: 'copilot', event: 'postToolUse', env }], [copied, { env }]);
        const checkpoints = await log(repo);
        assert.equal(checkpoints.length, count + 1, `round ${round}`);
        assert.deepEqual([checkpoints[0]?.session, checkpoints[0]?.agent], ['c3', 'copilot']);
      }
    }),
  );

  /** A resume tells its agent's events again. */
  async function nothingNew(repo: TestRepo, payload: object): Promise<void> {
    const count = (await log(repo)).length;
    await atOnce([claude(repo, 'SessionStart', { source: 'resume' })], [payload], [payload]);
    assert.equal((await log(repo)).length, count, 'what is told again makes nothing new');
  }
});
