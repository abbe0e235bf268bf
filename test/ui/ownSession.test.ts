import assert from 'node:assert/strict';
import { takeCheckpoint } from '../../src/checkpoint/take';
import type { Worktree } from '../../src/git/worktree';
import { claimLease } from '../../src/leases/claim';
import { LeaseError } from '../../src/leases/error';
import { readLease } from '../../src/leases/read';
import { listSessions } from '../../src/sessions/sessions';
import { takeOverSession } from '../../src/sessions/lifecycle';
import { OwnSessionLost } from '../../src/ui/platform/lostSession';
import { OwnSession } from '../../src/ui/state/ownSession';
import { TestRepo } from '../support/repo';

describe("a window's own session", () => {
  let repo: TestRepo;
  let worktree: Worktree;
  let losses: OwnSessionLost[];
  let own: OwnSession;
  let turn = 0;

  beforeEach(async () => {
    repo = TestRepo.create();
    worktree = await repo.worktree();
    losses = [];
    own = new OwnSession((loss) => losses.push(loss));
  });

  afterEach(() => {
    repo.dispose();
  });

  function save(window = own) {
    turn += 1;
    repo.write('a.txt', `turn ${turn}\n`);
    return window.write(worktree, (writer) => takeCheckpoint(worktree, writer));
  }

  const leaseOf = (name: string) => readLease(worktree, { kind: 'session', name });

  async function stolen(): Promise<string> {
    const session = own.idIn(worktree);
    const seen = (await leaseOf(session))?.token;
    await takeOverSession(worktree, session, { owner: 'somebody' }, seen);
    return session;
  }

  it('claims nothing before its first write, and then one lease for many at once', async () => {
    assert.equal(await leaseOf(own.idIn(worktree)), undefined);
    const taken = await Promise.all([save(), save(), save()]);
    const lease = await leaseOf(own.idIn(worktree));
    assert.equal(lease?.owner, own.idIn(worktree));
    assert.ok(own.holds(lease));
    assert.deepEqual(
      new Set(taken.map(({ checkpoint }) => checkpoint.session)),
      new Set([own.idIn(worktree)]),
    );
  });

  it('is refused once when somebody took it over, and goes on as another', async () => {
    await save();
    const before = await stolen();
    await assert.rejects(save(), (thrown: unknown) => {
      assert.ok(thrown instanceof OwnSessionLost);
      assert.equal(thrown.current?.owner, 'somebody');
      assert.ok(thrown.kept, 'what it tried to save is kept');
      return true;
    });
    const { checkpoint } = await save();
    assert.notEqual(checkpoint.session, before);
    assert.equal((await leaseOf(before))?.owner, 'somebody');
    assert.deepEqual(losses, []);
    assert.ok(own.isOwn(before) && own.isOwn(checkpoint.session));
  });

  it('tells once when a look at the sessions shows that somebody took it over, and is not refused then', async () => {
    await save();
    const before = await stolen();
    const sessions = await listSessions(worktree);
    own.notice(worktree, sessions);
    own.notice(worktree, sessions);
    assert.deepEqual(
      losses.map(({ session }) => session),
      [before],
    );
    assert.notEqual((await save()).checkpoint.session, before);
  });

  it('says nothing while it holds its lease', async () => {
    await save();
    own.notice(worktree, await listSessions(worktree));
    assert.deepEqual(losses, []);
  });

  it('passes on what refuses a write for another reason', async () => {
    const thrown = new LeaseError('lease_held', { kind: 'worktree', name: 'main' }, 'held', undefined);
    await assert.rejects(
      own.write(worktree, () => Promise.reject(thrown)),
      (found) => found === thrown,
    );
    assert.ok(own.holds(await leaseOf(own.idIn(worktree))));
  });

  it('ends with the window, and the next window is another', async () => {
    await save();
    const session = own.idIn(worktree);
    assert.deepEqual(await own.endAll(), []);
    assert.equal((await leaseOf(session))?.status, 'ended');
    const next = new OwnSession(() => undefined);
    assert.notEqual(next.idIn(worktree), session);
    await save(next);
  });

  it('blocks nobody after a crash: its process is gone, so anybody may claim what it held', async () => {
    const session = own.idIn(worktree);
    const gone = { ...own.holder, pid: 4_194_303, started: '1' };
    await claimLease(worktree, { kind: 'session', name: session }, { owner: session, holder: gone });
    await claimLease(worktree, { kind: 'session', name: session }, { owner: 'next' });
    assert.equal((await leaseOf(session))?.owner, 'next');
  });
});
