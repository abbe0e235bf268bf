import assert from 'node:assert/strict';
import { ask } from '../../src/decisions/decide';
import { readDecision } from '../../src/decisions/read';
import type { Worktree } from '../../src/git/worktree';
import { claimLease } from '../../src/leases/claim';
import { ownComparison } from '../../src/refs/transaction';
import { syncWorktree } from '../../src/sync/sync';
import { Gate } from '../support/gate';
import { inRepo, type TestRepo } from '../support/repo';
import { Commits } from './support';
import { asking, plainFetch, resetting } from './upstream';

/** A branch that a sync would move, and where to. */
function standing(repo: TestRepo, ours: string | undefined): { ours: string; theirs: string } {
  const commits = new Commits(repo);
  const base = repo.git('rev-parse', 'HEAD');
  const local = ours === undefined ? base : commits.make([base], { [ours]: 'ours' });
  const theirs = commits.make([base], { 'a.txt': 'theirs', 'n.txt': 'n' });
  commits.follow(local, theirs);
  return { ours: local, theirs };
}

async function takeOver(worktree: Worktree): Promise<void> {
  await claimLease(worktree, { kind: 'worktree', name: 'main' }, { owner: 'somebody else', takeOver: true });
}

async function askSomething(worktree: Worktree): Promise<void> {
  const head = worktree.repository.zeroOid.replace(/0$/, '1');
  await ask(
    worktree,
    ownComparison,
    {
      worktree: 'main',
      branch: 'refs/heads/work',
      case: 'external_reset',
      from: head,
      to: undefined,
      pin: undefined,
      backups: [],
      dropped: [],
      checkpoint: undefined,
      sessions: [],
      why: 'Something fell off.',
    },
    [],
  );
}

/** What happens after a sync has looked for the last time, and before git hears of its move. */
describe('sync: the move is fenced in its own transaction', () => {
  for (const [what, ours, request, happens, reason] of [
    ['a fast-forward', undefined, asking, takeOver, 'lease_lost'],
    ['a rebase', 'own.txt', asking, takeOver, 'lease_lost'],
    ['a reset', 'a.txt', resetting, takeOver, 'reset_failed'],
    ['a fast-forward', undefined, asking, askSomething, 'decision_pending'],
    ['a rebase', 'own.txt', asking, askSomething, 'decision_pending'],
  ] as const) {
    const event = happens === takeOver ? 'the worktree was taken over' : 'a person is asked something';
    it(
      `${what} is not made once ${event}: branch and files are as they were`,
      inRepo(async (repo) => {
        const { ours: local, theirs } = standing(repo, ours);
        repo.write('uncommitted.txt', 'kept');
        const [files, status] = [repo.diskEntries(), repo.git('status', '--porcelain')];
        const gate = new Gate(repo);
        const slow = await repo.open(gate.git());
        const other = await repo.worktree();
        await assert.rejects(
          gate.between(
            'update refs/heads/work',
            () => syncWorktree(slow, plainFetch, request),
            () => happens(other),
          ),
          { reason },
        );
        assert.equal(repo.git('rev-parse', 'work'), local);
        assert.deepEqual(repo.diskEntries(), files);
        assert.equal(repo.git('status', '--porcelain'), status);
        if (reason === 'reset_failed') {
          assert.deepEqual((await readDecision(other, 'main'))?.options, ['abort']);
        }
        assert.notEqual(local, theirs);
      }),
    );
  }
});
