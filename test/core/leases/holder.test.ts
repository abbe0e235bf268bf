import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { isFree } from '../../../src/leases/claim';
import { readLease } from '../../../src/leases/read';
import {
  formatIdentity,
  identityOf,
  lifeOf,
  parseIdentity,
  thisHost,
  type ProcessIdentity,
} from '../../../src/refs/identity';
import { listSessions } from '../../../src/sessions/sessions';
import { claim, refused, session } from '../../support/leases';
import { signalTo, start, waitUntil } from '../../support/processes';
import { inRepo } from '../../support/repo';
import { buildPrograms, startCli, type Programs } from '../../support/workers';

const own = session('s1');

async function sleeper(): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  await once(child, 'spawn');
  assert.ok(child.pid !== undefined);
  return Object.assign(child, { pid: child.pid });
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** This process as it would be known under another start, machine, container or start of the machine. */
function myself(change: {
  readonly started?: string;
  readonly part?: number;
  readonly to?: string;
}): ProcessIdentity {
  const me = identityOf(process.pid);
  const parts = me.host.split('.');
  if (change.part !== undefined) {
    parts[change.part] = change.to ?? '';
  }
  return { pid: me.pid, started: change.started ?? me.started, host: parts.join('.') };
}

describe('the process that ends with a lease’s owner', () => {
  it('is told from every other: by its start, its machine, its container and the machine’s start', () => {
    assert.equal(lifeOf(identityOf(process.pid)), 'runs');
    assert.equal(lifeOf(myself({ started: '1' })), 'ended', 'its number is in use again');
    assert.equal(lifeOf(myself({ started: '' })), 'unclear');
    assert.equal(lifeOf({ ...identityOf(process.pid), pid: 4_194_305 }), 'ended');
    assert.equal(thisHost().split('.').length, 5);
    assert.equal(lifeOf(myself({ part: 0, to: 'win32' })), 'elsewhere', 'another system on the same disk');
    assert.equal(lifeOf(myself({ part: 1, to: 'another-name' })), 'elsewhere');
    assert.equal(lifeOf(myself({ part: 2, to: 'another-machine' })), 'elsewhere');
    assert.equal(lifeOf(myself({ part: 3, to: 'pid__1_' })), 'elsewhere', 'another container');
    assert.equal(lifeOf(myself({ part: 4, to: 'earlier' })), 'ended', 'before the last start');
    assert.equal(lifeOf(myself({ part: 4, to: '' })), 'elsewhere', 'who does not say since which start');
    const elsewhere = myself({ part: 4, to: 'earlier' });
    const parts = elsewhere.host.split('.');
    assert.equal(
      lifeOf({ ...elsewhere, host: [...parts.slice(0, 2), 'other', ...parts.slice(3)].join('.') }),
      'elsewhere',
    );
    assert.equal(lifeOf({ ...elsewhere, host: 'a host that wrote it in another way' }), 'elsewhere');
    // One that says nothing of its machine could be any.
    assert.equal(
      lifeOf({ ...elsewhere, host: [...parts.slice(0, 2), '', ...parts.slice(3)].join('.') }),
      'elsewhere',
    );
  });

  it('comes back from its text, and from no other', () => {
    const me = identityOf(process.pid);
    assert.deepEqual(parseIdentity(formatIdentity(me)), me);
    for (const text of ['', '1', '1~2', 'x~2~3', '1~2~3~4', '-1~2~3', ' 1~2~3']) {
      assert.equal(parseIdentity(text), undefined, text);
    }
    for (const pid of ['0', '99999999999999999999', '4294967296']) {
      const odd = parseIdentity(`${pid}~1~${thisHost()}`);
      assert.ok(odd !== undefined);
      assert.notEqual(lifeOf(odd), 'runs');
    }
  });

  it('has ended when only its number is left, because its parent does not ask for its end', async () => {
    // The shell becomes a program that never waits for the child that it has started.
    const parent = start('sh', ['-c', 'sleep 600 & echo $!; exec sleep 600'], { cwd: '/' });
    try {
      let printed = '';
      parent.child.stdout?.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
      });
      await waitUntil(() => (/^\d+\n/.test(printed) ? true : undefined));
      const pid = Number(printed.trim());
      const child = identityOf(pid);
      assert.equal(lifeOf(child), 'runs');
      signalTo(pid, 'SIGKILL');
      const zombie = await waitUntil(() => (/\) Z /.test(statOf(pid)) ? true : undefined));
      assert.ok(zombie, 'its number is left');
      assert.equal(lifeOf(child), 'ended');
    } finally {
      parent.child.kill('SIGKILL');
      await parent.ended;
    }
  });

  it(
    'that was killed holds nobody up; one that is stopped has not ended',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const holder = await sleeper();
      try {
        const held = await claim(repo, own, 'one', { holder: identityOf(holder.pid) });
        assert.equal(isFree(held), false);
        await refused(claim(repo, own, 'two'), 'lease_held');
        holder.kill('SIGSTOP');
        await waitUntil(() => (/\) T /.test(statOf(holder.pid)) ? true : undefined));
        await refused(claim(repo, own, 'two'), 'lease_held');
        assert.equal((await listSessions(worktree))[0]?.live, true);
      } finally {
        await end(holder);
      }
      assert.equal((await listSessions(worktree))[0]?.liveness.reason, 'process_ended');
      // Its token still counts until somebody claims: only a claim takes it.
      const { token } = (await readLease(worktree, own)) ?? { token: '' };
      repo.write('work.txt', 'by what it left running\n');
      assert.equal((await repo.checkpoint({ session: 's1', leases: [token] })).created, true);
      const next = await claim(repo, own, 'two');
      assert.equal((await readLease(worktree, own))?.token, next.token);
      repo.write('work.txt', 'too late\n');
      await refused(repo.checkpoint({ session: 's1', leases: [token] }), 'lease_lost');
    }),
  );

  it(
    'on another machine, or of which nothing is known, keeps its lease',
    inRepo(async (repo) => {
      for (const [name, holder] of Object.entries({
        elsewhere: myself({ part: 2, to: 'another-machine' }),
        unclear: myself({ started: '' }),
      })) {
        await claim(repo, session(name), 'one', { holder });
        await refused(claim(repo, session(name), 'two'), 'lease_held');
        await claim(repo, session(name), 'two', { takeOver: true });
      }
    }),
  );

  describe('on the command line', () => {
    let programs: Programs;

    before(() => {
      programs = buildPrograms();
    });

    it(
      'is named with --pid, and when it was killed the next claim needs no take-over',
      inRepo(async (repo) => {
        const claimAs = async (owner: string, ...more: string[]): Promise<number | null> =>
          (
            await startCli(programs, ['lease', 'claim', 'session/s1', '--owner', owner, ...more], {
              cwd: repo.folder,
            }).ended
          ).code;
        const holder = await sleeper();
        try {
          assert.equal(await claimAs('one', '--pid', String(holder.pid)), 0);
          assert.equal(await claimAs('two'), 1);
          holder.kill('SIGSTOP');
          assert.equal(await claimAs('two'), 1);
        } finally {
          await end(holder);
        }
        assert.equal(await claimAs('two'), 0);
      }),
    );
  });
});

function statOf(pid: number): string {
  return fs.existsSync(`/proc/${pid}/stat`) ? fs.readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
}
