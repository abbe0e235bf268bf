import assert from 'node:assert/strict';
import { keepNames } from '../../../src/backups/look';
import type { CheckpointResult } from '../../../src/checkpoint/checkpoint';
import type { Decision, DecisionOption } from '../../../src/decisions/decision';
import type { Reason } from '../../../src/reasons';
import { bringLostBack } from '../../../src/doctor/lostCheckpoints';
import { claimLease, releaseLease } from '../../../src/leases/claim';
import type { LeaseReason } from '../../../src/leases/error';
import { openGuard } from '../../../src/leases/guard';
import type { Lease } from '../../../src/leases/lease';
import { readLease } from '../../../src/leases/read';
import { leaseRef } from '../../../src/leases/resource';
import { retireLeases } from '../../../src/leases/retire';
import { setAside } from '../../../src/refs/foreign';
import { keptRef, sessionRef, shadowRef, staleRef } from '../../../src/refs/names';
import type { Operation } from '../../../src/refs/transaction';
import { answerDecision } from '../../../src/sync/answer';
import { askOrPin } from '../../../src/sync/ask';
import { assertSameReferences, Gate, referencesOf } from '../../support/gate';
import { claim, refused, session } from '../../support/leases';
import type { TestRepo } from '../../support/repo';
import {
  own,
  monthMs,
  type State,
  checkpoint,
  ofOther,
  prepared,
  newCommit,
  released,
  cleared,
  later,
  unchangedBy,
  into,
  lease,
  stale,
} from './writer';

/** An operation that no token guards, because it changes the lease itself or keeps what a lease refused. */
export interface Exempt {
  readonly rule: string;
  readonly states: Readonly<Record<State, (repo: TestRepo) => Promise<void>>>;
  /** The lease moves between the look and the write. */
  readonly between: (repo: TestRepo) => Promise<void>;
}

export const exempt = {
  claim_lease: {
    rule: 'changes the lease from the very version that was read, and from somebody else’s only when told to',
    states: {
      current: async (repo) => {
        const first = await claim(repo, own, 'one');
        const second = await claim(repo, own, 'one');
        assert.notEqual(second.token, first.token, 'every claim has a token of its own');
        assert.equal(repo.refs().get(leaseRef(own)), second.token);
      },
      rotated: async (repo) => {
        const seen = await claim(repo, own, 'one');
        await claim(repo, own, 'two', { takeOver: { seen: seen.token } });
        await unchangedBy(repo, () =>
          refused(claim(repo, own, 'three', { takeOver: { seen: seen.token } }), 'lease_held'),
        );
      },
      released: async (repo) => {
        await released(repo);
        assert.equal((await claim(repo, own, 'two')).takenFrom, undefined);
      },
      missing: async (repo) => {
        await claim(repo, own, 'one');
        await unchangedBy(repo, () => refused(claim(repo, own, 'two'), 'lease_held'));
      },
      'cleared away': async (repo) => {
        const { token } = await cleared(repo);
        const claimed = await claim(repo, own, 'two', { takeOver: { seen: token } });
        assert.equal(repo.refs().get(leaseRef(own)), claimed.token);
      },
    },
    between: async (repo) => {
      const gate = new Gate(repo);
      const slow = await repo.open(gate.git());
      for (const takeOver of [false, true]) {
        // Nobody held it when they looked: who takes over takes from whom they saw, not from who was quicker.
        const resource = session(`quicker ${String(takeOver)}`);
        let quick: Lease | undefined;
        const refusal = await refused(
          gate.between(
            leaseRef(resource),
            () => claimLease(slow, resource, { owner: 'slow', takeOver }),
            async () => {
              quick = await claim(repo, resource, 'quick');
            },
          ),
          'lease_held',
        );
        assert.equal(refusal.current?.owner, 'quick');
        assert.equal(repo.refs().get(leaseRef(resource)), quick?.token);
      }
      await claim(repo, own, 'one');
      const refusal = await refused(
        gate.between(
          leaseRef(own),
          () => claimLease(slow, own, { owner: 'slow', takeOver: true }),
          () => claim(repo, own, 'quick', { takeOver: true }),
        ),
        'lease_held',
      );
      assert.equal(refusal.current?.owner, 'quick');
    },
  },
  release_lease: {
    rule: 'changes the lease from the version whose token was given',
    states: {
      current: async (repo) => {
        const { token } = await claim(repo, own, 'one');
        const given = await releaseLease(await repo.worktree(), own, token, { status: 'released' });
        assert.equal(repo.refs().get(leaseRef(own)), given.token);
      },
      rotated: async (repo) => {
        const { token } = await claim(repo, own, 'one');
        await claim(repo, own, 'one');
        await notReleased(repo, token);
      },
      released: async (repo) => {
        const given = await released(repo);
        await notReleased(repo, given.held.token);
        await notReleased(repo, given.token);
      },
      missing: async (repo) => {
        await claim(repo, own, 'one');
        await notReleased(repo, 'f'.repeat(40));
      },
      'cleared away': async (repo) => {
        await notReleased(repo, (await cleared(repo)).token);
      },
    },
    between: async (repo) => {
      const gate = new Gate(repo);
      const slow = await repo.open(gate.git());
      const { token } = await claim(repo, own, 'one');
      const refusal = await refused(
        gate.between(
          leaseRef(own),
          () => releaseLease(slow, own, token, { status: 'ended' }),
          () => claim(repo, own, 'two', { takeOver: true }),
        ),
        'lease_lost',
      );
      assert.equal(refusal.current?.owner, 'two');
      assert.equal((await readLease(await repo.worktree(), own))?.status, 'held');
    },
  },
  retire_lease: {
    rule: 'removes only what nobody holds, from the very version that was found old',
    states: {
      current: async (repo) => {
        await later(monthMs, () => unchangedBy(repo, () => claim(repo, own, 'one'), lease));
        await later(2 * monthMs, async () => {
          await unchangedBy(repo, async () => retireLeases(await repo.worktree()));
        });
      },
      rotated: async (repo) => {
        await claim(repo, own, 'one');
        await claim(repo, own, 'two', { takeOver: true });
        await later(monthMs, () => unchangedBy(repo, async () => retireLeases(await repo.worktree())));
      },
      released: async (repo) => {
        await released(repo);
        await unchangedBy(repo, async () => retireLeases(await repo.worktree()));
        await later(monthMs, async () => {
          assert.equal((await retireLeases(await repo.worktree())).length, 1);
        });
        assert.equal(repo.refs().get(leaseRef(own)), undefined);
      },
      missing: (repo) => unchangedBy(repo, async () => retireLeases(await repo.worktree())),
      'cleared away': async (repo) => {
        await cleared(repo);
        await unchangedBy(repo, async () => retireLeases(await repo.worktree()));
      },
    },
    between: async (repo) => {
      const gate = new Gate(repo);
      const slow = await repo.open(gate.git());
      await released(repo);
      let next: Lease | undefined;
      const retired = await later(monthMs, () =>
        gate.between(
          `delete ${leaseRef(own)}`,
          () => retireLeases(slow),
          async () => {
            next = await claim(repo, own, 'two');
          },
        ),
      );
      assert.deepEqual(retired, []);
      assert.equal(repo.refs().get(leaseRef(own)), next?.token, 'the claim that came between');
    },
  },
  keep_stale: {
    rule: 'writes beside the chain only, and only what a lease refused, while that lease is what was read',
    states: {
      current: async (repo) => {
        const { token } = await claim(repo, own, 'one');
        await checkpoint(repo, await repo.worktree(), [token]);
        assert.equal(repo.refs().get(staleRef('main', 's1')), undefined);
      },
      rotated: async (repo) => {
        const { token } = await claim(repo, own, 'one');
        await claim(repo, own, 'two', { takeOver: true });
        await keptAside(repo, [token], 'lease_lost');
      },
      released: async (repo) => {
        await keptAside(repo, [(await released(repo)).held.token], 'lease_lost');
      },
      missing: async (repo) => {
        await claim(repo, own, 'one');
        await keptAside(repo, [], 'lease_required');
      },
      'cleared away': async (repo) => {
        await keptAside(repo, [(await cleared(repo)).token], 'lease_lost');
      },
    },
    between: async (repo) => {
      const gate = new Gate(repo);
      const slow = await repo.open(gate.git());
      const { token } = await claim(repo, own, 'one');
      await claim(repo, own, 'two', { takeOver: true });
      const before = referencesOf(repo);
      const kept = await refused(
        gate.between(
          `create ${staleRef('main', 's1')}`,
          () => checkpoint(repo, slow, [token]),
          async () => {
            await claim(repo, own, 'three', { takeOver: true });
            repo.write('work.txt', 'captured anew\n');
          },
        ),
        'lease_lost',
      );
      const content = repo.git('show', `${kept.kept?.checkpoint ?? ''}:work.txt`);
      assert.equal(content, 'captured anew', 'what was proven by an older version did not count');
      assertSameReferences(repo, before, /lease.session.s1$|stale-s1$/);
    },
  },
  keep_names: {
    rule: 'adds to what is kept, from the very version that was read, whoever looks: it takes nothing away',
    states: {
      current: keepsWith('current'),
      rotated: keepsWith('rotated'),
      released: keepsWith('released'),
      missing: keepsWith('missing'),
      'cleared away': keepsWith('cleared away'),
    },
    between: async (repo) => {
      const gate = new Gate(repo);
      const slow = await repo.open(gate.git());
      const first = newCommit(repo, 'one');
      let second = '';
      await gate.between(
        keptRef,
        () => keepNames(slow),
        async () => {
          second = newCommit(repo, 'two');
          await keepNames(await repo.open());
        },
      );
      assert.deepEqual([repo.isHeld(first), repo.isHeld(second)], [true, true], 'what both of them saw');
    },
  },
  set_aside: {
    rule: 'takes what is no record of Belay’s out of the way, from the very value that was seen, whoever writes',
    states: {
      current: setsAsideWith('current'),
      rotated: setsAsideWith('rotated'),
      released: setsAsideWith('released'),
      missing: setsAsideWith('missing'),
      'cleared away': setsAsideWith('cleared away'),
    },
    between: async (repo) => {
      const gate = new Gate(repo);
      const slow = await repo.open(gate.git());
      const { checkpoint } = await ofOther(repo);
      repo.git('update-ref', shadowRef('main'), 'HEAD^{tree}');
      let done: boolean | undefined;
      await gate.between(
        shadowRef('main'),
        async () => {
          done = await setAside(slow, shadowRef('main'));
        },
        () => Promise.resolve(repo.git('update-ref', shadowRef('main'), checkpoint.oid)),
      );
      assert.equal(done, false, 'what was put there meanwhile is not what was seen');
      assert.equal(repo.refs().get(shadowRef('main')), checkpoint.oid);
    },
  },
  bring_back: {
    rule: 'makes references where there are none, at acknowledged checkpoints, and moves nothing',
    states: {
      current: bringsBackWith('current'),
      rotated: bringsBackWith('rotated'),
      released: bringsBackWith('released'),
      missing: bringsBackWith('missing'),
      'cleared away': bringsBackWith('cleared away'),
    },
    between: async (repo) => {
      const gate = new Gate(repo);
      const slow = await repo.open(gate.git());
      const { checkpoint } = await ofOther(repo);
      repo.git('update-ref', '-d', shadowRef('main'));
      repo.git('update-ref', '-d', sessionRef('other'));
      let now: CheckpointResult | undefined;
      await gate.between(
        `create ${shadowRef('main')}`,
        () => bringLostBack(slow),
        async () => {
          now = await repo.checkpoint({ session: 'another', always: true });
        },
      );
      assert.equal(repo.refs().get(shadowRef('main')), now?.checkpoint.oid, 'it is not moved');
      await bringLostBack(await repo.worktree());
      assert.ok(repo.isHeld(checkpoint.oid));
    },
  },
  answer: {
    rule: 'answers the version that the person saw, and moves the leases of the held sessions from what they were',
    states: {
      current: async (repo) => {
        const { decision, held } = await asked(repo);
        await answered(repo, decision.version);
        assert.notEqual(repo.refs().get(leaseRef(own)), held.token);
        assert.equal((await readLease(await repo.worktree(), own))?.status, 'released');
      },
      rotated: async (repo) => {
        const { decision } = await asked(repo);
        await notAnswered(repo, 'f'.repeat(decision.version.length), 'answer_refused');
      },
      released: async (repo) => {
        const { decision } = await asked(repo);
        await answered(repo, decision.version);
        await unchangedBy(repo, () => answered(repo, decision.version));
        await notAnswered(repo, decision.version, 'answer_refused', 'abort');
      },
      missing: (repo) => notAnswered(repo, 'f'.repeat(40), 'unknown_decision'),
      'cleared away': async (repo) => {
        const { decision } = await asked(repo);
        repo.forgetQuestions();
        await notAnswered(repo, decision.version, 'unknown_decision');
      },
    },
    between: async (repo) => {
      const gate = new Gate(repo);
      const slow = await repo.open(gate.git());
      const { decision } = await asked(repo);
      let next: Lease | undefined;
      await gate.between(
        'refs/belay/decision/main',
        () => answerDecision(slow, { option: 'continue', seen: decision.version, by: 'person' }, person),
        async () => {
          next = await claim(repo, own, 'two', { takeOver: true });
        },
      );
      const now = await readLease(await repo.worktree(), own);
      assert.equal(now?.status, 'released', 'the claim that came between counts no more');
      assert.equal(repo.git('rev-parse', `${now.token}^`), next?.token, 'moved from what it was by then');
    },
  },
} satisfies Partial<Record<Operation, Exempt>>;

function keepsWith(state: State): (repo: TestRepo) => Promise<void> {
  return async (repo) => {
    await into(repo, state);
    const oid = newCommit(repo, 'kept');
    await unchangedBy(repo, async () => keepNames(await repo.worktree()), /^refs.belay.kept.current$/);
    assert.ok(repo.isHeld(oid));
  };
}

const person = { session: 'person', agent: 'editor', onConflict: 'ask' } as const;

/** A reset that waits for a person, with one session that it holds. */
async function asked(repo: TestRepo): Promise<{ readonly decision: Decision; readonly held: Lease }> {
  await ofOther(repo);
  const held = await claim(repo, own, 'one', { worktree: 'main' });
  const worktree = await repo.worktree();
  const guard = await openGuard(worktree, {});
  const decision = await askOrPin(worktree, guard, await prepared(repo), 'external_reset', 'Test.');
  assert.ok(decision.sessions.includes('s1'), 'the session is held');
  return { decision, held };
}

async function answered(repo: TestRepo, seen: string): Promise<unknown> {
  return answerDecision(await repo.worktree(), { option: 'continue', seen, by: 'person' }, person);
}

async function notAnswered(
  repo: TestRepo,
  seen: string,
  reason: Reason,
  option: DecisionOption = 'continue',
): Promise<void> {
  const worktree = await repo.worktree();
  await unchangedBy(repo, () =>
    assert.rejects(answerDecision(worktree, { option, seen, by: 'person' }, person), { reason }),
  );
}

/** Something else stands where the shadow branch is: it goes, and no lease is touched. */
function setsAsideWith(state: State): (repo: TestRepo) => Promise<void> {
  return async (repo) => {
    await ofOther(repo);
    await into(repo, state);
    repo.git('update-ref', shadowRef('main'), 'HEAD^{tree}');
    await unchangedBy(
      repo,
      async () => {
        assert.ok(await setAside(await repo.worktree(), shadowRef('main')));
      },
      /belay.(?:shadow|foreign)/,
    );
  };
}

function bringsBackWith(state: State): (repo: TestRepo) => Promise<void> {
  return async (repo) => {
    const { checkpoint } = await ofOther(repo);
    await into(repo, state);
    repo.git('update-ref', '-d', shadowRef('main'));
    repo.git('update-ref', '-d', sessionRef('other'));
    await unchangedBy(
      repo,
      async () => {
        await bringLostBack(await repo.worktree());
      },
      /belay.(?:shadow|session)/,
    );
    assert.equal(repo.refs().get(shadowRef('main')), checkpoint.oid);
  };
}

async function notReleased(repo: TestRepo, token: string): Promise<void> {
  const worktree = await repo.worktree();
  await unchangedBy(repo, () =>
    refused(releaseLease(worktree, own, token, { status: 'released' }), 'lease_lost'),
  );
}

async function keptAside(repo: TestRepo, leases: readonly string[], reason: LeaseReason): Promise<void> {
  const worktree = await repo.worktree();
  await unchangedBy(
    repo,
    async () => {
      const { kept } = await refused(checkpoint(repo, worktree, leases), reason);
      assert.equal(kept?.ref, staleRef('main', 's1'));
      assert.equal(repo.refs().get(kept.ref), kept.checkpoint);
    },
    stale,
  );
}
