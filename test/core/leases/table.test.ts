import assert from 'node:assert/strict';
import { deleteBackup, newBackupRef, readBackup } from '../../../src/backups/backups';
import { keepNames } from '../../../src/backups/look';
import { putBackOnStash } from '../../../src/backups/stash';
import { takeCheckpoint } from '../../../src/checkpoint/take';
import type { CheckpointResult } from '../../../src/checkpoint/model';
import type { Decision, DecisionOption } from '../../../src/decisions/model';
import type { Reason } from '../../../src/reasons';
import { readPin, removePin, setPin, type Pin } from '../../../src/fanout/pin';
import { bringLostBack } from '../../../src/doctor/lostCheckpoints';
import type { Worktree } from '../../../src/git/worktree';
import { claimLease, releaseLease } from '../../../src/leases/claim';
import type { LeaseReason } from '../../../src/leases/error';
import { openGuard } from '../../../src/leases/guard';
import type { Lease } from '../../../src/leases/model';
import { readLease } from '../../../src/leases/read';
import { leaseRef } from '../../../src/leases/resource';
import { retireLeases } from '../../../src/leases/retire';
import { setAside } from '../../../src/refs/foreign';
import { keptRef, sessionRef, shadowRef, staleRef } from '../../../src/refs/names';
import { operations, type Operation } from '../../../src/refs/transaction';
import { createBranch } from '../../../src/restore/branch';
import { answerDecision } from '../../../src/sync/answer';
import { askOrPin, pin, type Prepared } from '../../../src/sync/ask';
import { withMove } from '../../../src/sync/move';
import { assertSameReferences, Gate, referencesOf } from '../../support/gate';
import { claim, place, refused, session } from '../../support/leases';
import { inRepo, type TestRepo } from '../../support/repo';

const own = session('s1');
const month = 31 * 24 * 60 * 60_000;

/** What has become of the writer's token. */
const states = ['current', 'rotated', 'released', 'missing', 'cleared away'] as const;
type State = (typeof states)[number];

/** An operation whose transaction verifies the lease of whoever writes. */
interface Fenced {
  /** Brings the repository to where the writer's next write contains the operation. */
  readonly provoke: (repo: TestRepo) => Promise<unknown>;
  readonly write: (repo: TestRepo, worktree: Worktree, leases: readonly string[]) => Promise<unknown>;
  /** What only this operation's transaction has in its lines. */
  readonly pattern: string;
  /** The references that it changes. */
  readonly changes: RegExp;
  /** Without a token: refused because the session is leased, or nobody's session is written for. */
  readonly missing: LeaseReason | 'allowed';
  /** What was allowed has been done by then, and this follows: it is left to the next writer, with a warning. */
  readonly follows?: boolean;
}

/** An operation that no token guards, because it changes the lease itself or keeps what a lease refused. */
interface Exempt {
  readonly rule: string;
  readonly states: Readonly<Record<State, (repo: TestRepo) => Promise<void>>>;
  /** The lease moves between the look and the write. */
  readonly between: (repo: TestRepo) => Promise<void>;
}

function checkpoint(
  repo: TestRepo,
  worktree: Worktree,
  leases: readonly string[],
): Promise<CheckpointResult> {
  repo.write('work.txt', `${process.hrtime.bigint()}\n`);
  return takeCheckpoint(worktree, { session: 's1', agent: 'test', leases });
}

async function ofOther(repo: TestRepo): Promise<CheckpointResult> {
  repo.write('other.txt', `${process.hrtime.bigint()}\n`);
  return repo.checkpoint({ session: 'other' });
}

const lockOnShadow = `${shadowRef('main')}.lock`;

const fenced = {
  publish_checkpoint: {
    provoke: (repo) => ofOther(repo),
    write: checkpoint,
    pattern: `${shadowRef('main')} `,
    changes: /shadow|belay.session.s1$/,
    missing: 'lease_required',
  },
  land_in_overflow: {
    provoke: async (repo) => {
      await ofOther(repo);
      place(repo, lockOnShadow, '');
    },
    write: checkpoint,
    pattern: 'create refs/belay/overflow/',
    changes: /overflow.main.\d|belay.session.s1$/,
    missing: 'lease_required',
  },
  mend_tip: {
    provoke: async (repo) => {
      const first = await ofOther(repo);
      await ofOther(repo);
      // As a crash leaves it between git's two renames.
      repo.git('update-ref', sessionRef('other'), first.checkpoint.oid);
    },
    write: checkpoint,
    pattern: `update ${sessionRef('other')} `,
    changes: /belay.session.other$/,
    missing: 'lease_required',
  },
  remove_folded: {
    provoke: async (repo) => {
      await ofOther(repo);
      const unlock = place(repo, lockOnShadow, '');
      await ofOther(repo);
      unlock();
    },
    write: checkpoint,
    pattern: 'delete refs/belay/overflow/',
    changes: /overflow.main.\d/,
    missing: 'lease_required',
    follows: true,
  },
  create_branch: {
    provoke: ofOther,
    write: async (repo, worktree, leases) =>
      createBranch(worktree, (await repo.checkpoint({ session: 'other' })).checkpoint, 'new', leases),
    pattern: 'create refs/heads/new ',
    changes: /heads.new$/,
    missing: 'allowed',
  },
  pin_backup: {
    provoke: ofOther,
    write: async (repo, worktree, leases) =>
      pin(worktree, await openGuard(worktree, { leases }), await prepared(repo)),
    pattern: 'create refs/belay/backup/',
    changes: /belay.backup/,
    missing: 'allowed',
  },
  delete_backup: {
    provoke: (repo) =>
      Promise.resolve(repo.git('update-ref', 'refs/belay/backup/sync-recovery/main/1', 'HEAD')),
    write: async (_, worktree, leases) =>
      deleteBackup(
        worktree,
        await openGuard(worktree, { leases }),
        await readBackup(worktree, 'refs/belay/backup/sync-recovery/main/1'),
      ),
    pattern: 'delete refs/belay/backup/',
    changes: /belay.backup/,
    missing: 'allowed',
  },
  put_back_stash: {
    provoke: (repo) => {
      repo.write('a.txt', 'put away\n');
      repo.git('stash', '--quiet');
      const entry = repo.git('rev-parse', 'refs/stash');
      repo.git('update-ref', 'refs/belay/backup/before-command/main/1', entry);
      return Promise.resolve(repo.git('stash', 'drop', '--quiet'));
    },
    write: async (_, worktree, leases) =>
      putBackOnStash(
        worktree,
        await openGuard(worktree, { leases }),
        await readBackup(worktree, 'refs/belay/backup/before-command/main/1'),
      ),
    pattern: 'create refs/stash ',
    changes: /refs.stash$/,
    missing: 'allowed',
  },
  ask: {
    provoke: ofOther,
    write: async (repo, worktree, leases) =>
      askOrPin(
        worktree,
        await openGuard(worktree, { leases }),
        await prepared(repo),
        'diverged_held',
        'Test.',
      ),
    pattern: 'create refs/belay/decision/',
    changes: /belay.(?:backup|decision)/,
    missing: 'allowed',
  },
  move_branch: {
    provoke: async (repo) => {
      await ofOther(repo);
      repo.git('commit', '--quiet', '--allow-empty', '--message=Target');
      repo.git('tag', 'target');
      repo.git('reset', '--quiet', '--soft', 'HEAD~1');
      await repo.checkpoint({ session: 'other' });
    },
    write: async (repo, worktree, leases) => {
      const { checkpoint } = await prepared(repo);
      const [from, to] = [repo.git('rev-parse', 'HEAD'), repo.git('rev-parse', 'target')];
      const guard = await openGuard(worktree, { leases });
      const move = { branch: 'refs/heads/main', from, to, mode: 'keep', checkpoint } as const;
      return withMove(worktree, move, async (ready) => {
        assert.ok('carryOut' in ready);
        const moved = await ready.carryOut(guard, () => Promise.resolve());
        if (!moved.moved) {
          throw moved.failure;
        }
      });
    },
    pattern: 'update refs/heads/main ',
    changes: /heads.main$/,
    missing: 'allowed',
  },
  set_pin: {
    provoke: ofOther,
    write: setsPin,
    pattern: 'create refs/belay/pin/',
    changes: /belay.pin/,
    missing: 'allowed',
  },
  remove_pin: {
    provoke: async (repo) => setsPin(repo, await repo.worktree(), []),
    write: async (_, worktree, leases) =>
      removePin(worktree, await openGuard(worktree, { leases }), await readPin(worktree, 'p')),
    pattern: 'delete refs/belay/pin/',
    changes: /belay.pin/,
    missing: 'allowed',
  },
} satisfies Partial<Record<Operation, Fenced>>;

async function setsPin(repo: TestRepo, worktree: Worktree, leases: readonly string[]): Promise<Pin> {
  return setPin(worktree, await openGuard(worktree, { leases }), {
    name: 'p',
    commit: repo.git('rev-parse', 'HEAD'),
    source: 'HEAD',
    ref: undefined,
    remote: undefined,
    session: 'other',
    agent: 'test',
  });
}

/** What a recovery would have found, with a checkpoint that is there already. */
async function prepared(repo: TestRepo): Promise<Prepared> {
  const { checkpoint } = await repo.checkpoint({ session: 'other' });
  const local = repo.git('rev-parse', 'HEAD');
  return {
    following: { branch: 'refs/heads/main', local },
    upstream: local,
    checkpoint,
    backup: newBackupRef('sync-recovery', 'main'),
    dropped: [],
  };
}

/** Only the lease itself may have changed. */
const lease = /^refs.belay.lease./;
const stale = /^refs.belay.overflow.main.stale-s1$/;

const exempt = {
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
        await later(month, () => unchangedBy(repo, () => claim(repo, own, 'one'), lease));
        await later(2 * month, async () => {
          await unchangedBy(repo, async () => retireLeases(await repo.worktree()));
        });
      },
      rotated: async (repo) => {
        await claim(repo, own, 'one');
        await claim(repo, own, 'two', { takeOver: true });
        await later(month, () => unchangedBy(repo, async () => retireLeases(await repo.worktree())));
      },
      released: async (repo) => {
        await released(repo);
        await unchangedBy(repo, async () => retireLeases(await repo.worktree()));
        await later(month, async () => {
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
      const retired = await later(month, () =>
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

/** A branch with a commit of its own. */
function newCommit(repo: TestRepo, name: string): string {
  const oid = repo.git('commit-tree', '-m', name, '-p', 'HEAD', 'HEAD^{tree}');
  repo.git('branch', name, oid);
  return oid;
}

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

/** A claim that was given up. */
async function released(repo: TestRepo): Promise<Lease & { readonly held: Lease }> {
  const held = await claim(repo, own, 'one');
  const given = await releaseLease(await repo.worktree(), own, held.token, { status: 'released' });
  return { ...given, held };
}

/** A claim that was given up, and whose record the retention has removed. */
async function cleared(repo: TestRepo): Promise<Lease> {
  const { held } = await released(repo);
  await later(month, async () => retireLeases(await repo.worktree()));
  assert.equal(repo.refs().get(leaseRef(own)), undefined);
  return held;
}

/** Does something as if it were so much later. */
async function later<T>(by: number, work: () => Promise<T>): Promise<T> {
  const now = Date.now;
  Date.now = () => now() + by;
  try {
    return await work();
  } finally {
    Date.now = now;
  }
}

async function unchangedBy(repo: TestRepo, work: () => Promise<unknown>, except?: RegExp): Promise<void> {
  const before = referencesOf(repo);
  await work();
  assertSameReferences(repo, before, except);
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

/** Puts the writer's lease into a state. @returns the tokens that the writer has. */
async function into(repo: TestRepo, state: State): Promise<string[]> {
  switch (state) {
    case 'current':
      return [(await claim(repo, own, 'one')).token];
    case 'rotated': {
      const { token } = await claim(repo, own, 'one');
      await claim(repo, own, 'two', { takeOver: true });
      return [token];
    }
    case 'released':
      return [(await released(repo)).held.token];
    case 'missing':
      await claim(repo, own, 'one');
      return [];
    case 'cleared away':
      return [(await cleared(repo)).token];
  }
}

function matching(references: ReadonlyMap<string, string>, pattern: RegExp): [string, string][] {
  return [...references].filter(([name]) => pattern.test(name) && !name.endsWith('.lock'));
}

describe('invariant 6: every operation that writes references, with every kind of token', () => {
  it('has a row here, and every row an operation', () => {
    assert.deepEqual([...Object.keys(fenced), ...Object.keys(exempt)].sort(), [...operations].sort());
  });

  for (const [operation, row] of Object.entries<Fenced>(fenced)) {
    describe(operation, () => {
      it(
        'with the current token: done',
        inRepo(async (repo) => {
          await row.provoke(repo);
          const leases = await into(repo, 'current');
          const before = referencesOf(repo);
          await row.write(repo, await repo.worktree(), leases);
          assert.notDeepEqual(matching(referencesOf(repo), row.changes), matching(before, row.changes));
        }),
      );

      for (const state of states.filter((name) => name !== 'current')) {
        const reason = state === 'missing' ? row.missing : 'lease_lost';

        it(
          `with a token that is ${state}: ${reason}`,
          inRepo(async (repo) => {
            await row.provoke(repo);
            const leases = await into(repo, state);
            const before = referencesOf(repo);
            const writing = row.write(repo, await repo.worktree(), leases);
            if (reason === 'allowed') {
              await writing;
              assert.notDeepEqual(matching(referencesOf(repo), row.changes), matching(before, row.changes));
              return;
            }
            await refused(writing, reason);
            assertSameReferences(repo, before, stale);
          }),
        );
      }

      const meanwhile: readonly (readonly [
        string,
        State,
        (repo: TestRepo, token: string) => Promise<unknown>,
      ])[] = [
        ['taken over', 'current', (repo) => claim(repo, own, 'two', { takeOver: true })],
        ['claimed again under the same name', 'current', (repo) => claim(repo, own, 'one')],
        [
          'released',
          'current',
          async (repo, token) =>
            releaseLease(await repo.worktree(), own, token, { status: 'released', by: 'a person' }),
        ],
        ['claimed for the first time', 'missing', (repo) => claim(repo, own, 'two')],
      ];
      for (const [what, state, happens] of meanwhile) {
        if (state === 'missing' && row.missing === 'allowed') {
          continue;
        }

        it(
          `with a lease that is ${what} between the look and the write`,
          inRepo(async (repo) => {
            await row.provoke(repo);
            const gate = new Gate(repo);
            const writer = await repo.open(gate.git());
            const leases = state === 'missing' ? [] : await into(repo, state);
            let before = referencesOf(repo);
            const writing = gate.between(
              row.pattern,
              () => row.write(repo, writer, leases),
              async () => {
                await happens(repo, leases[0] ?? '');
                before = referencesOf(repo);
              },
            );
            if (row.follows === true) {
              await writing;
              assert.deepEqual(matching(referencesOf(repo), row.changes), matching(before, row.changes));
              assertSameReferences(repo, before);
              return;
            }
            await refused(writing, state === 'missing' ? 'lease_required' : 'lease_lost');
            assertSameReferences(repo, before, stale);
          }),
        );
      }

      it(
        'would be done in spite of the lease if the transaction did not verify it',
        inRepo(async (repo) => {
          await row.provoke(repo);
          const gate = new Gate(repo);
          gate.unfenced();
          const writer = await repo.open(gate.git());
          const leases = await into(repo, 'current');
          let before = referencesOf(repo);
          await gate
            .between(
              row.pattern,
              () => row.write(repo, writer, leases),
              async () => {
                await claim(repo, own, 'two', { takeOver: true });
                before = referencesOf(repo);
              },
            )
            .catch(() => undefined);
          assert.notDeepEqual(matching(referencesOf(repo), row.changes), matching(before, row.changes));
        }),
      );
    });
  }

  for (const [operation, row] of Object.entries<Exempt>(exempt)) {
    describe(`${operation}, which no token guards: it ${row.rule}`, () => {
      for (const state of states) {
        it(`with a token that is ${state}`, inRepo(row.states[state]));
      }

      it('with a lease that moves between the look and the write', inRepo(row.between));
    });
  }
});
