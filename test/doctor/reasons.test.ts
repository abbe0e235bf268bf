import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { diagnose, mend } from '../../src/doctor/doctor';
import { mendCommand, type Finding } from '../../src/doctor/model';
import { BelayError } from '../../src/errors';
import type { Worktree } from '../../src/git/worktree';
import { reasons } from '../../src/reasons';
import { inRepo, type TestRepo } from '../support/repo';
import { sized } from '../support/size';
import { deadEnds } from './deadEnds';

async function reasonOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (thrown: unknown) => (thrown instanceof BelayError ? thrown.reason : `unexpected: ${String(thrown)}`),
  );
}

/** Does what a finding says: the doctor's own repair, or the command in it. */
async function follow(repo: TestRepo, worktree: Worktree, said: string): Promise<void> {
  if (said.startsWith(mendCommand)) {
    await mend(worktree);
    return;
  }
  const command = said.replace(/^Make sure that no git is running, then: /, '').replace(/ {3}\(.*$/, '');
  const { status, stderr } = spawnSync('sh', ['-c', command], { cwd: repo.base, encoding: 'utf8' });
  assert.equal(status, 0, `${command}: ${stderr}`);
}

describe('the doctor: every dead end has a finding, and what it says mends it', function () {
  this.timeout(120_000);

  it('all reasons that send a person there are tried', () => {
    const sending = Object.entries(reasons).flatMap(([reason, { next }]) =>
      next.includes('doctor') ? [reason] : [],
    );
    assert.deepEqual(Object.keys(deadEnds).toSorted(), [...sending, 'unexpected'].toSorted());
    // The editor's words for the same reasons.
    const words = fs.readFileSync('src/ui/failure.ts', 'utf8');
    const cases = [...words.matchAll(/((?:\s+case '\w+':)+)\s+return vscode\.l10n\.t\('Run the doctor/g)];
    const named = cases.flatMap(([, some = '']) =>
      [...some.matchAll(/'(\w+)'/g)].map(([, reason]) => reason),
    );
    assert.deepEqual(named.toSorted(), sending.toSorted());
  });

  it('all other sentences that send a person there are known', () => {
    const saying = fs
      .readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('doctor') && file !== 'reasons.ts')
      .filter((file) =>
        /['`][^'`\n]*(?:belay doctor(?! \$)|[Tt]he doctor (?:names|to))[^'`\n]*['`]/.test(
          fs.readFileSync(path.join('src', file), 'utf8'),
        ),
      );
    // Each of them is about a reference, a lock or a file below Belay's own folder, of which a row of the table has one.
    assert.deepEqual(saying.toSorted(), [
      'checkpoint/attempts.ts',
      'cli/lease.ts',
      'cli/program.ts',
      'cli/session.ts',
      'connect/words.ts',
      'ui/connect/words.ts',
      'ui/failure.ts',
      'ui/fanout/outcomeWords.ts',
    ]);
  });

  for (const [reason, ends] of Object.entries(deadEnds)) {
    // One of each kind, unless there is time.
    for (const { what, harm, act, finding, byHand } of ends.slice(
      0,
      sized({ short: 2, long: ends.length }),
    )) {
      it(
        `${reason}: ${what}`,
        inRepo(async (repo) => {
          const worktree = (await harm(repo)) ?? (await repo.worktree());
          const failed = await reasonOf(act(repo, worktree));
          assert.ok(failed.startsWith(reason), `${what}: ${failed}`);
          const isIt = ({ level, message }: Finding): boolean => level === 'problem' && finding.test(message);
          const before = await diagnose(worktree);
          const found = before.find(isIt);
          assert.ok(found, before.map(({ message }) => message).join('\n'));
          assert.ok(found.mend !== undefined, `${found.message} says what to do`);
          if (byHand === true) {
            return;
          }
          await follow(repo, worktree, found.mend);
          const after = await diagnose(worktree);
          assert.equal(after.find(isIt), undefined, 'it is gone');
          assert.equal(await reasonOf(act(repo, worktree)), 'none', 'and the operation goes through');
        }),
      );
    }
  }
});
