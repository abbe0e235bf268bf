import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { listCheckpoints } from '../../src/checkpoint/history';
import type { Checkpoint } from '../../src/checkpoint/checkpoint';
import { diagnose, repair } from '../../src/doctor/diagnose';
import type { Finding } from '../../src/doctor/finding';
import { inRepo, type TestRepo, type TestRequest } from '../support/repo';

async function take(repo: TestRepo, count: number, request: TestRequest = {}): Promise<Checkpoint[]> {
  const taken: Checkpoint[] = [];
  for (let step = 0; step < count; step += 1) {
    repo.write('work.txt', `${process.hrtime.bigint()}\n`);
    taken.push((await repo.checkpoint(request)).checkpoint);
  }
  return taken;
}

/** As a fetch with `--prune` of everything does it, or one line to `update-ref`. */
function vanish(repo: TestRepo, which = 'refs/belay/'): void {
  const names = repo.git('for-each-ref', '--format=delete %(refname)', which);
  repo.gitBytes(['update-ref', '--stdin'], `${names}\n`);
}

async function lostFindings(repo: TestRepo): Promise<Finding[]> {
  return (await diagnose(await repo.worktree())).filter(
    ({ kind, level }) => kind === 'checkpoints_lost' && level === 'problem',
  );
}

async function assertListed(repo: TestRepo, taken: readonly Checkpoint[]): Promise<void> {
  const listed = new Set((await listCheckpoints(await repo.worktree())).map(({ oid }) => oid));
  assert.deepEqual(
    taken.filter(({ oid }) => !listed.has(oid)).map(({ step }) => step),
    [],
    'all are listed',
  );
}

const lost = (count: number): RegExp =>
  new RegExp(`^${count} acknowledged checkpoints of main are named by no reference any more`);

describe('references of Belay’s that vanish', () => {
  it(
    'are noticed by the doctor, who brings back what they named, closed segments included',
    inRepo(async (repo) => {
      const taken = [...(await take(repo, 5, { limits: { segmentCheckpoints: 2 } }))];
      assert.deepEqual(await lostFindings(repo), []);
      vanish(repo);
      const [finding] = await lostFindings(repo);
      assert.match(finding?.message ?? '', lost(5));
      const told = await repair(await repo.worktree());
      assert.ok(told.includes('Brought 5 acknowledged checkpoints of main back.'), told.join(' '));
      assert.deepEqual(await lostFindings(repo), []);
      await assertListed(repo, taken);
      const after = await take(repo, 1);
      assert.equal(after[0]?.step, 6, 'the session goes on counting');
      await assertListed(repo, [...taken, ...after]);
    }),
  );

  it(
    'are said by each checkpoint until they are back, though the chain has gone on',
    inRepo(async (repo) => {
      const taken = [...(await take(repo, 3))];
      vanish(repo);
      for (let round = 0; round < 2; round += 1) {
        repo.write('work.txt', `${round}\n`);
        const { checkpoint, warnings } = await repo.checkpoint({ session: 'session-2' });
        assert.ok(
          warnings.some((words) => lost(3).test(words)),
          warnings.join(' '),
        );
        taken.push(checkpoint);
      }
      const again = await repo.checkpoint({ session: 'session-2' });
      assert.ok(
        again.warnings.some((words) => lost(3).test(words)),
        'also where nothing is new',
      );
      await repair(await repo.worktree());
      assert.deepEqual(await lostFindings(repo), []);
      taken.push(...(await take(repo, 1, { session: 'session-2' })));
      assert.deepEqual((await repo.checkpoint({ session: 'session-2', always: true })).warnings, []);
      await assertListed(repo, taken);
      repo.git('gc', '--quiet', '--prune=now');
      await assertListed(repo, taken);
    }),
  );

  it(
    'are struck from the record once git has cleared up what they named',
    inRepo(async (repo) => {
      await take(repo, 2);
      vanish(repo);
      repo.git('gc', '--quiet', '--prune=now');
      const [finding] = await lostFindings(repo);
      assert.match(finding?.message ?? '', /^the acknowledged checkpoint [0-9a-f]{10} of main is gone/);
      await repair(await repo.worktree());
      assert.deepEqual(await lostFindings(repo), []);
    }),
  );

  it(
    'are unknown without the record, which nothing needs',
    inRepo(async (repo) => {
      await take(repo, 2);
      const file = path.join(repo.commonDir, 'belay/worktrees/main/acknowledged.json');
      fs.rmSync(file);
      vanish(repo);
      assert.deepEqual(await lostFindings(repo), []);
      fs.mkdirSync(file);
      repo.write('work.txt', 'more\n');
      assert.deepEqual((await repo.checkpoint()).warnings, []);
    }),
  );

  it(
    'are not missed where only the shadow branch moved back and a session still holds its own',
    inRepo(async (repo) => {
      const [first, ...more] = await take(repo, 3);
      repo.git('update-ref', 'refs/belay/shadow/main/current', first?.oid ?? '');
      assert.deepEqual(await lostFindings(repo), []);
      const [after] = await take(repo, 1, { session: 'session-2' });
      assert.ok(after);
      assert.ok(more.every(({ oid }) => repo.isHeld(oid)));
    }),
  );
});
