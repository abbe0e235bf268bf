import assert from 'node:assert/strict';
import fs from 'node:fs';
import * as v from 'valibot';
import { claimLease } from '../../src/leases/claim';
import { leaseHistory, readLease } from '../../src/leases/read';
import { shadowRef } from '../../src/refs/names';
import { Gate } from '../support/gate';
import { claim, session } from '../support/leases';
import { signalTo, waitUntil } from '../support/processes';
import { TestRepo } from '../support/repo';
import { sized } from '../support/size';
import { assertSteps, assertWhole, survey } from '../support/survey';
import { buildPrograms, Worker, type Programs } from '../support/workers';

/** How often each race is run: 100 is what the figures in the documentation speak of. */
const rounds = sized({ short: 5, long: 100 });
const claimants = sized({ short: 12, long: 64 });

const Refused = v.strictObject({
  reason: v.string(),
  owner: v.optional(v.string()),
  message: v.string(),
});
const Claimed = v.union([v.strictObject({ token: v.string() }), Refused]);
const Written = v.union([v.strictObject({ checkpoint: v.string() }), Refused]);
const Contended = v.strictObject({
  token: v.string(),
  after: v.number(),
  written: v.array(
    v.union([v.strictObject({ checkpoint: v.string(), step: v.number(), created: v.boolean() }), Refused]),
  ),
});

describe('leases that many want at once', function () {
  this.timeout(sized({ short: 15 * 60_000, long: 0 }));
  let programs: Programs;

  before(() => {
    programs = buildPrograms();
  });

  async function inRepo(work: (repo: TestRepo) => Promise<void>): Promise<void> {
    const repo = TestRepo.create();
    try {
      await work(repo);
    } finally {
      repo.dispose();
    }
  }

  /** So many processes that all hear of each claim at the same moment. */
  async function race(repo: TestRepo, lines: readonly string[]): Promise<v.InferOutput<typeof Claimed>[][]> {
    const workers = Array.from({ length: claimants }, (_, index) =>
      Worker.start(programs, ['claim', repo.folder, `owner-${index}`], { cwd: repo.folder, limit: 900_000 }),
    );
    await Promise.all(workers.map((worker) => worker.line()));
    const outcomes: v.InferOutput<typeof Claimed>[][] = [];
    for (const line of lines) {
      const answers = await Promise.all(workers.map((worker) => worker.order(line)));
      outcomes.push(answers.map((answer) => v.parse(Claimed, JSON.parse(answer))));
    }
    await Promise.all(workers.map((worker) => worker.stop()));
    return outcomes;
  }

  /** Fails unless exactly one won, all others were told by whom they were beaten, and its token is the current one. */
  async function assertOneWinner(
    repo: TestRepo,
    name: string,
    outcomes: readonly v.InferOutput<typeof Claimed>[],
    versions: number,
  ): Promise<void> {
    const winners = outcomes.flatMap((outcome, index) => ('token' in outcome ? [{ ...outcome, index }] : []));
    assert.equal(winners.length, 1, `winners of ${name}`);
    const [winner] = winners;
    for (const outcome of outcomes) {
      if ('reason' in outcome) {
        assert.equal(outcome.reason, 'lease_held', outcome.message);
        assert.equal(outcome.owner, `owner-${winner?.index ?? '?'}`);
      }
    }
    const worktree = await repo.worktree();
    const lease = await readLease(worktree, session(name));
    assert.ok(lease !== undefined && lease.token === winner?.token, 'the winner has the lease');
    const history = await leaseHistory(worktree, lease);
    assert.equal(history.length, versions, 'every version, and no other');
    assert.equal(history[0]?.owner, `owner-${winner.index}`);
  }

  /** How many claims got as far as to write a record, and came too late with it. */
  function collisions(repo: TestRepo): number {
    const all = repo.git('cat-file', '--batch-all-objects', '--batch-check=%(objecttype)').split('\n');
    const reachable = Number(repo.git('rev-list', '--count', '--all', '--glob=refs/belay/*'));
    return all.filter((type) => type === 'commit').length - reachable;
  }

  it(`${claimants} claimants of one free lease, ${rounds} rounds: one winner in each`, async () => {
    await inRepo(async (repo) => {
      const names = Array.from({ length: rounds }, (_, round) => `free-${round}`);
      const outcomes = await race(repo, names);
      for (const [round, name] of names.entries()) {
        await assertOneWinner(repo, name, outcomes[round] ?? [], 1);
      }
      console.log(
        `      ${rounds} of ${rounds} rounds with one winner; ${collisions(repo)} claims came too late with a record of their own`,
      );
    });
  });

  it(`${claimants} take over from the same holder, ${rounds} rounds: one of them does`, async () => {
    await inRepo(async (repo) => {
      const names = Array.from({ length: rounds }, (_, round) => `held-${round}`);
      const lines: string[] = [];
      for (const name of names) {
        lines.push(`${name} ${(await claim(repo, session(name), 'holder')).token}`);
      }
      const outcomes = await race(repo, lines);
      for (const [round, name] of names.entries()) {
        await assertOneWinner(repo, name, outcomes[round] ?? [], 2);
        const lease = await readLease(await repo.worktree(), session(name));
        assert.equal(lease?.takenFrom, 'holder');
      }
      console.log(
        `      ${rounds} of ${rounds} rounds with one winner; ${collisions(repo)} claims came too late with a record of their own`,
      );
    });
  });

  /** Stops a writer between its look and its write, gives its lease to another, and lets it go on. */
  async function stoppedWriters(
    repo: TestRepo,
    gate: Gate,
    check: (outcome: v.InferOutput<typeof Written>, round: number) => void,
  ): Promise<void> {
    gate.stopping();
    const own = session('s1');
    const worktree = await repo.worktree();
    const writer = Worker.start(programs, ['write', repo.folder, 's1', gate.binary], {
      cwd: repo.folder,
      limit: 900_000,
    });
    try {
      for (let round = 0; round < rounds; round += 1) {
        const { token } = await claimLease(worktree, own, { owner: 'stopped', takeOver: true });
        gate.arm(`${shadowRef('main')} `);
        const answer = writer.order(token);
        await gate.reached();
        const stopped = await waitUntil(() => (stateOf(writer.running.pid) === 'T' ? true : undefined));
        assert.ok(stopped, 'the writer is stopped');
        await claimLease(worktree, own, { owner: `replacement ${round}`, takeOver: true });
        gate.open();
        signalTo(writer.running.pid, 'SIGCONT');
        check(v.parse(Written, JSON.parse(await answer)), round);
      }
    } finally {
      gate.open();
      signalTo(writer.running.pid, 'SIGCONT');
      await writer.stop();
    }
  }

  it(`a writer that is stopped, replaced and continued, ${rounds} times: its write is refused`, async () => {
    await inRepo(async (repo) => {
      repo.write('before.txt', 'before\n');
      await repo.checkpoint({ session: 'other' });
      const shadow = repo.refs().get(shadowRef('main'));
      let refused = 0;
      await stoppedWriters(repo, new Gate(repo), (outcome, round) => {
        assert.ok('reason' in outcome, 'the stale write was accepted');
        assert.equal(outcome.reason, 'lease_lost', outcome.message);
        assert.equal(outcome.owner, `replacement ${round}`);
        assert.equal(repo.refs().get(shadowRef('main')), shadow, 'the shadow branch');
        assert.equal(repo.refs().get('refs/belay/session/s1'), undefined, 'the session');
        refused += 1;
      });
      console.log(`      ${refused} of ${rounds} refused`);
    });
  });

  it('and without the check in the transaction, every one of those writes is accepted', async () => {
    await inRepo(async (repo) => {
      repo.write('before.txt', 'before\n');
      await repo.checkpoint({ session: 'other' });
      const gate = new Gate(repo);
      gate.unfenced();
      let accepted = 0;
      await stoppedWriters(repo, gate, (outcome) => {
        accepted += 'checkpoint' in outcome ? 1 : 0;
      });
      console.log(`      ${accepted} of ${rounds} accepted`);
      assert.equal(accepted, rounds, 'the harness does not stop the writer where it should');
    });
  });

  it('8 processes that resume the same session at once: only the latest claim writes', async () => {
    await inRepo(async (repo) => {
      const time = 400 * rounds;
      const workers = Array.from({ length: 8 }, () =>
        Worker.start(programs, ['contend', repo.folder, 's1', 'agent', String(time)], {
          cwd: repo.folder,
          limit: time + 120_000,
        }),
      );
      const ended = await Promise.all(workers.map(({ running }) => running.ended));
      const claims = ended.flatMap(({ code, stdout, stderr }) => {
        assert.equal(code, 0, stderr);
        const lines = stdout.trimEnd().split('\n');
        return lines.map((line) => v.parse(Contended, JSON.parse(line)));
      });
      const worktree = await repo.worktree();
      const lease = await readLease(worktree, session('s1'));
      assert.ok(lease !== undefined);
      const history = (await leaseHistory(worktree, lease)).reverse();
      const order = new Map(history.map(({ token }, index) => [token, index]));
      assert.deepEqual(
        claims.map(({ token }) => order.get(token) ?? -1).sort((a, b) => a - b),
        history.map((_, index) => index),
        'every claim is in the history, once',
      );
      const refusals = claims.flatMap(({ written }) =>
        written.flatMap((outcome) => ('reason' in outcome ? [outcome] : [])),
      );
      for (const { reason, owner, message } of refusals) {
        assert.equal(reason, 'lease_lost', message);
        assert.equal(owner, 'agent');
      }
      // What is in the chain: each step with the claim that wrote it.
      const found = survey(repo);
      assertWhole(repo);
      assertSteps(found);
      const writers = new Map(
        repo
          .git(
            'log',
            '--glob=refs/belay/*',
            '--format=%H %(trailers:key=Belay-Task,valueonly,separator=%x20)',
            '--',
          )
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
      );
      const steps = [...found.checkpoints].sort((a, b) => a.step - b.step);
      const acknowledged = claims.flatMap(({ token, written }) =>
        written.flatMap((outcome) => ('step' in outcome && outcome.created ? [{ ...outcome, token }] : [])),
      );
      assert.deepEqual(
        acknowledged.map(({ checkpoint, token }) => `${checkpoint} ${token}`).sort(),
        steps.map(({ oid }) => `${oid} ${writers.get(oid) ?? ''}`).sort(),
        'what was acknowledged, and nothing else, is in the chain',
      );
      // A claim was current when it found the session at that step: no earlier claim can have written a later one.
      for (const { token, after } of claims) {
        const mine = order.get(token) ?? -1;
        for (const { oid, step } of steps) {
          const by = order.get(writers.get(oid) ?? '') ?? -1;
          assert.ok(
            step <= after || by >= mine,
            `step ${step} was written by claim ${by} after claim ${mine}`,
          );
        }
      }
      assert.ok(refusals.length > 0 && steps.length > 0, 'they met');
      console.log(
        `      ${history.length} claims, ${steps.length} checkpoints, steps without gap or repeat, ${refusals.length} writers fenced off`,
      );
    });
  });
});

function stateOf(pid: number): string {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
}
