import assert from 'node:assert/strict';
import { listBackups } from '../../src/backups/backups';
import { listCheckpoints } from '../../src/checkpoint/history';
import { diagnose } from '../../src/doctor/diagnose';
import { readDecision } from '../../src/decisions/read';
import { listPins, setPin } from '../../src/fanout/pin';
import { Git } from '../../src/git/git';
import { readHead } from '../../src/git/head';
import type { Worktree } from '../../src/git/worktree';
import { openGuard } from '../../src/leases/guard';
import { listLeases } from '../../src/leases/read';
import { restore, undoRestore } from '../../src/restore/restore';
import { listSessions } from '../../src/sessions/sessions';
import { startSession } from '../../src/sessions/lifecycle';
import { noticeFallen } from '../../src/sync/external';
import { withNewestGit } from '../support/newestGit';
import { inRepo, type TestRepo } from '../support/repo';

const person = { session: 'person', agent: 'editor' } as const;

/** All that Belay keeps, as it reads it. */
async function kept(worktree: Worktree): Promise<object> {
  return {
    checkpoints: await listCheckpoints(worktree, {}),
    sessions: (await listSessions(worktree)).map(({ id, latest }) => [id, latest?.oid]),
    leases: await listLeases(worktree),
    pins: await listPins(worktree),
    backups: await listBackups(worktree),
    decision: await readDecision(worktree, worktree.key),
  };
}

/** One of everything. */
async function fill(repo: TestRepo, worktree: Worktree): Promise<void> {
  await repo.checkpoint({ session: 's1' }, worktree);
  repo.write('a.txt', 'edited\n');
  await repo.checkpoint({ session: 's2' }, worktree);
  await startSession(worktree, 's3', { owner: 'somebody' });
  await setPin(worktree, await openGuard(worktree, {}), {
    name: 'p',
    commit: repo.git('rev-parse', 'HEAD'),
    source: 'HEAD',
    ref: undefined,
    remote: undefined,
    ...person,
  });
  repo.git('commit', '--quiet', '--all', '--message=gone');
  await repo.checkpoint({ session: 's1' }, worktree);
  repo.git('reset', '--quiet', '--hard', 'HEAD~1');
  await noticeFallen(worktree, { afterCheckpoint: true });
}

describe('git refs migrate', () => {
  withNewestGit();

  it(
    'there and back keeps everything, also for a process that stays',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      await fill(repo, worktree);
      const before = repo.refs('belay');
      const known = await kept(worktree);
      const kinds = new Set([...before.keys()].map((ref) => ref.split('/')[2]));
      for (const kind of ['shadow', 'session', 'lease', 'pin', 'backup', 'decision']) {
        assert.ok(kinds.has(kind), `${kind}: ${[...kinds].join(', ')}`);
      }
      for (const format of ['reftable', 'files'] as const) {
        repo.git('refs', 'migrate', `--ref-format=${format}`);
        assert.deepEqual(repo.refs('belay'), before);
        // What was opened before, and what is opened now.
        for (const one of [worktree, await repo.open(new Git())]) {
          assert.equal(await one.repository.refFormat(), format);
          assert.deepEqual(await kept(one), known);
        }
      }
    }),
  );

  it(
    'the next checkpoint of a process that stays goes on, where everybody sees it',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      let last = (await repo.checkpoint({}, worktree)).checkpoint;
      for (const format of ['reftable', 'files'] as const) {
        repo.git('refs', 'migrate', `--ref-format=${format}`);
        repo.write('a.txt', `${format}\n`);
        const { checkpoint } = await repo.checkpoint({}, worktree);
        assert.equal(checkpoint.step, last.step + 1);
        assert.equal(checkpoint.parents[0], last.oid);
        assert.equal(repo.git('rev-parse', 'refs/belay/shadow/main/current'), checkpoint.oid);
        repo.git('checkout', '--quiet', '-b', `on-${format}-${checkpoint.step}`);
        assert.equal((await readHead(worktree)).branch, `refs/heads/on-${format}-${checkpoint.step}`);
        await restore(worktree, last, { ...person, include: 'all' });
        await undoRestore(worktree, person);
        assert.deepEqual(repo.diskEntries(), repo.treeEntries(checkpoint.oid));
        const problems = (await diagnose(worktree)).filter(({ level }) => level === 'problem');
        assert.deepEqual(problems, []);
        last = (await repo.checkpoint({ always: true }, worktree)).checkpoint;
      }
    }),
  );
});
