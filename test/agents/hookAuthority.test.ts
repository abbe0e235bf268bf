import assert from 'node:assert/strict';
import { Callers } from '../../src/agents/callers';
import { hookAuthorityOf, type Asking } from '../../src/agents/hookAuthority';
import { leaseHistory } from '../../src/leases/read';
import { identityOf } from '../../src/refs/identity';
import { leaseOfSession } from '../../src/sessions/lifecycle';
import { inRepo } from '../support/repo';

describe('who works for a session', () => {
  const callers = Callers.of(process.pid);
  const asking: Asking = { session: 's', agent: 'codex', callers, starting: false, claims: true };

  it('is told by the process that started the hook, past shells', () => {
    const agent = callers.agent();
    assert.ok(agent !== undefined && agent.pid !== process.pid);
    assert.ok(callers.include(agent) && !callers.include(identityOf(process.pid)));
    assert.ok(!callers.include({ ...agent, started: '1' }), 'a number that is used again is another process');
  });

  it(
    'is claimed once by the first hooks of one process, however many overlap',
    inRepo(async (repo) => {
      const worktrees = await Promise.all(Array.from({ length: 6 }, () => repo.open()));
      const authorities = await Promise.all(worktrees.map((worktree) => hookAuthorityOf(worktree, asking)));
      const lease = await leaseOfSession(await repo.worktree(), 's');
      assert.ok(lease);
      for (const authority of authorities) {
        assert.deepEqual(authority, { kind: 'may', leases: [lease.token] });
      }
      assert.equal((await leaseHistory(await repo.worktree(), lease)).length, 1);
    }),
  );

  it(
    'is nobody’s claim where what comes after the work finds none',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      assert.deepEqual(await hookAuthorityOf(worktree, { ...asking, claims: false }), {
        kind: 'may',
        leases: [],
      });
      assert.equal(await leaseOfSession(worktree, 's'), undefined);
    }),
  );
});
