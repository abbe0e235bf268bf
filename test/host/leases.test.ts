import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import type { BelayApi, Row } from '../../src/ui/contributions/api';
import type { CommandId } from '../../src/ui/contributions/manifest';
import type { Question } from '../../src/ui/platform/dialogs';
import { api, commandLine, folder, refused, patienceMs } from './belay';
import { decideBy } from './scriptedDialogs';

const Claimed = v.object({ token: v.string(), owner: v.string() });
const Checked = v.object({ held: v.boolean(), owner: v.nullable(v.string()) });
const Sessions = v.array(
  v.object({ session: v.string(), state: v.string(), because: v.string(), stale: v.array(v.unknown()) }),
);

/** Who may write, as a person in the editor decides it, against real processes of the command line as agents. */
describe('leases', function () {
  this.timeout(400_000);

  let belay: BelayApi;
  let asked: Question[];
  let turn = 0;

  beforeEach(async () => {
    belay = await api();
    answering(() => Promise.resolve(true));
  });

  /** What the person does from now on when they are asked. */
  function answering(decide: (question: Question) => Promise<boolean>): void {
    asked = [];
    assert.ok(belay.testing, 'VS Code runs tests');
    decideBy(belay, (question) => {
      asked.push(question);
      return decide(question);
    });
  }

  /** An agent that starts a session of its own and takes a checkpoint under its lease. */
  async function agent(session: string, owner = `${session}-owner`): Promise<string> {
    const args = ['session', 'start', '--session', session, '--agent', 'codex', '--owner', owner];
    const { token } = v.parse(Claimed, await commandLine(...args));
    await save(session, token);
    await belay.refresh();
    return token;
  }

  const writing = (session: string, token: string): string[] => {
    turn += 1;
    writeFileSync(path.join(folder(), `${session}.txt`), `turn ${turn}\n`);
    const who = ['--session', session, '--agent', 'codex'];
    return ['checkpoint', ...who, ...(token === '' ? [] : ['--lease', token])];
  };
  const save = (session: string, token: string) => commandLine(...writing(session, token));
  const cannotSave = (session: string, token: string) => refused(...writing(session, token));

  async function holder(resource: string): Promise<string | null> {
    const { owner } = v.parse(Checked, await commandLine('lease', 'check', resource));
    return owner;
  }

  function all(rows: readonly Row[]): Row[] {
    return rows.flatMap((row) => [row, ...all(row.children)]);
  }

  async function row(session: string): Promise<Row> {
    const found = all(await belay.rows('sessions', 3)).find(
      ({ label, contextValue }) => label === session && contextValue.startsWith('session.'),
    );
    assert.ok(found, `no row for ${session}`);
    return found;
  }

  async function on(session: string, command: CommandId): Promise<void> {
    assert.ok(belay.testing);
    await belay.testing.run(command, 'sessions', (await row(session)).id);
  }

  /** What the command still waits for is the person's answer to its notification, which no test can give. */
  async function soon(command: Promise<void>, done: () => Promise<boolean>): Promise<void> {
    const ended = { yet: false };
    void command.finally(() => {
      ended.yet = true;
    });
    for (const began = performance.now(); !(await done());) {
      assert.ok(performance.now() - began < patienceMs, 'it was not done');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  it('show who holds a session, and how they are', async () => {
    await agent('watched', 'night shift');
    const shown = await row('watched');
    assert.match(shown.description, /^Codex · alive · held by night shift since \S+.* · 1 checkpoint$/);
    assert.equal(shown.contextValue, 'session.held');
    assert.match(
      shown.spoken ?? '',
      /^Session watched, Codex, held by night shift since .*, alive: last heartbeat (?:just now|[1-9]m(?:in)? ago)$/,
    );
    assert.match(shown.tooltip ?? '', /\*\*Held by\\?:\*\* night shift/);
  });

  it('show a session that has not taken a checkpoint yet', async () => {
    await commandLine('session', 'start', '--session', 'fresh', '--agent', 'gemini');
    await belay.refresh();
    assert.match(
      (await row('fresh')).description,
      /^Gemini · alive · held by gemini .* · no checkpoint yet$/,
    );
  });

  it('are taken over after one question, which says whom it stops, and fence the earlier owner off', async () => {
    const token = await agent('taken', 'night shift');
    await soon(on('taken', 'belay.takeOver'), async () => (await holder('session/taken')) === belay.session);
    assert.equal(asked.length, 1);
    const [question] = asked;
    assert.equal(question?.action, 'Take Over');
    assert.match(question.detail, /night shift \(Codex\) has held it since .*It is alive: last heartbeat/s);
    assert.match(question.detail, /next write will be rejected.*separate checkpoint/s);
    assert.deepEqual(await cannotSave('taken', token), { reason: 'lease_lost', owner: belay.session });
    await belay.refresh();
    const shown = await row('taken');
    assert.equal(shown.contextValue, 'session.mine');
    assert.match(shown.description, /^Codex · lost · held by you since .* · 1 rejected write · /);
    const [stale] = shown.children;
    assert.equal(stale?.contextValue, 'checkpoint.stale');
    assert.equal(stale.label, 'Rejected write: tried to save 1 file');
    const files = all(await belay.rows('sessions', 3)).filter(({ id }) => id.startsWith(`${stale.id}:file:`));
    assert.deepEqual(
      files.map(({ label }) => label),
      ['taken.txt'],
    );
  });

  it('are given back without a question where the person took them over, and can be claimed again', async () => {
    answering(() => Promise.resolve(false));
    await on('taken', 'belay.release');
    assert.deepEqual(asked, []);
    assert.equal(await holder('session/taken'), null);
    await agent('taken', 'night shift');
  });

  it('stop an agent that works without one', async () => {
    await save('unleased', '');
    await belay.refresh();
    assert.equal((await row('unleased')).contextValue, 'session.free');
    await soon(
      on('unleased', 'belay.takeOver'),
      async () => (await holder('session/unleased')) === belay.session,
    );
    assert.match(asked[0]?.detail ?? '', /its agent, Codex, which works without a write lock/);
    assert.equal((await cannotSave('unleased', '')).reason, 'lease_required');
    await belay.refresh();
    assert.match((await row('unleased')).description, /^Codex · lost · held by you /);
  });

  it('stay as they are when the person says no', async () => {
    const token = await agent('kept');
    answering(() => Promise.resolve(false));
    for (const command of ['belay.takeOver', 'belay.release', 'belay.endSession'] as const) {
      await on('kept', command);
    }
    assert.equal(asked.length, 3);
    await save('kept', token);
    assert.equal(await holder('session/kept'), 'kept-owner');
  });

  for (const command of ['belay.takeOver', 'belay.release', 'belay.endSession'] as const) {
    it(`are acted on only as the person saw them: ${command}`, async () => {
      const session = `moved-${command.slice(6).toLowerCase()}`;
      await agent(session);
      let token = '';
      answering(async () => {
        // While the question is open, somebody is quicker.
        const claim = ['lease', 'claim', `session/${session}`, '--owner', 'quicker', '--take-over'];
        ({ token } = v.parse(Claimed, await commandLine(...claim)));
        return true;
      });
      await on(session, command);
      assert.equal(asked.length, 1);
      assert.equal(await holder(`session/${session}`), 'quicker');
      await save(session, token);
      assert.match((await row(session)).description, /held by quicker since/);
    });
  }

  it('are released for everybody after one question where somebody else holds them', async () => {
    const token = await agent('stuck');
    await on('stuck', 'belay.release');
    assert.equal(asked.length, 1);
    assert.equal((await cannotSave('stuck', token)).reason, 'lease_lost');
    await agent('stuck', 'another');
  });

  it('end with their session, which leaves the list for the group of the ended', async () => {
    const token = await agent('over');
    await on('over', 'belay.endSession');
    assert.equal(asked.length, 1);
    assert.match(asked[0]?.message ?? '', /^End session over\?$/);
    assert.equal((await cannotSave('over', token)).reason, 'lease_lost');
    assert.equal((await cannotSave('over', '')).reason, 'lease_required');
    await belay.refresh();
    const top = await belay.rows('sessions', 2);
    assert.ok(!top.some(({ label }) => label === 'over'));
    const ended = top.at(-1);
    assert.equal(ended?.contextValue, 'ended');
    // Those that other tests have ended are there as well.
    const count = ended.children.length;
    assert.equal(ended.description, count === 1 ? '1 session' : `${count} sessions`);
    assert.equal(ended.children.find(({ label }) => label === 'over')?.contextValue, 'session.over');
    assert.ok(ended.children.every(({ contextValue }) => contextValue === 'session.over'));
  });

  it('of a worktree show in its row, and are released there', async () => {
    await commandLine('lease', 'claim', 'worktree/main', '--owner', 'mover', '--agent', 'cursor');
    await belay.refresh();
    const [held] = await belay.rows('worktrees', 1);
    assert.match(held?.description ?? '', /^held by mover since \S+.* · alive · /);
    assert.equal(held?.contextValue, 'worktree.there.held');
    await belay.testing?.run('belay.release', 'worktrees', held.id);
    assert.equal(asked.length, 1);
    assert.match(asked[0]?.detail ?? '', /^mover \(Cursor\) has held it since /);
    assert.equal(await holder('worktree/main'), null);
    assert.equal((await belay.rows('worktrees', 1))[0]?.contextValue, 'worktree.there.free');
  });

  it("are held by this window's own session before it writes", async () => {
    writeFileSync(path.join(folder(), 'own.txt'), 'one\n');
    const { checkpoint } = await belay.takeCheckpoint();
    assert.equal(checkpoint.session, belay.session);
    assert.equal(await holder(`session/${belay.session}`), belay.session);
    assert.equal((await row(belay.session)).contextValue, 'session.own');
    assert.equal((await cannotSave(belay.session, '')).reason, 'lease_required');
  });

  it('lost by this window stop its next write once, and the one after starts a session of its own', async () => {
    const before = belay.session;
    const claim = ['lease', 'claim', `session/${before}`, '--owner', 'someone', '--take-over'];
    const { token } = v.parse(Claimed, await commandLine(...claim));
    writeFileSync(path.join(folder(), 'own.txt'), 'two\n');
    // The window may have seen it by itself by now; then nothing needs to be refused.
    const refusal = await belay.takeCheckpoint().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (refusal !== undefined) {
      assert.equal(v.parse(v.object({ reason: v.string() }), refusal).reason, 'lease_lost');
    }
    writeFileSync(path.join(folder(), 'own.txt'), 'three\n');
    const { checkpoint } = await belay.takeCheckpoint();
    assert.notEqual(belay.session, before);
    assert.equal(checkpoint.session, belay.session);
    assert.equal(await holder(`session/${before}`), 'someone');
    await save(before, token);
  });

  it('of an own session that the person ends give way to a fresh one', async () => {
    const before = belay.session;
    await belay.refresh();
    await on(before, 'belay.endSession');
    assert.equal(asked.length, 1);
    assert.equal(
      v.parse(Sessions, await commandLine('sessions')).find((one) => one.session === before)?.state,
      'ended',
    );
    writeFileSync(path.join(folder(), 'own.txt'), 'four\n');
    assert.notEqual((await belay.takeCheckpoint()).checkpoint.session, before);
  });
});
