import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { withEnvironment } from '../../support/environment';
import { signalTo, start, waitUntil, type Running } from '../../support/processes';
import { because, silent, withNetwork, type Bench } from './support';

function worker(bench: Bench, remote: string, limit: number): Running {
  const file = path.resolve('test/core/network/worker.ts');
  const running = start(
    process.execPath,
    ['--import', 'tsx', file, bench.repo.folder, remote, String(limit)],
    { cwd: process.cwd() },
  );
  running.child.stdin?.end();
  return running;
}

/** The git and helper processes that work on a remote now; not the processes that watch over them. */
function fetching(bench: Bench): string[] {
  return bench.running().filter((line) => /^\d+ \S*(?:git|ssh)\b/.test(line) || /\/ssh /.test(line));
}

async function until(look: () => boolean): Promise<void> {
  const seen = await waitUntil(() => (look() ? true : undefined));
  assert.equal(seen, true);
}

/** An ssh that says where it runs and then stays, whatever it is asked. */
function stubborn({ repo }: Bench): string {
  return repo.script(
    'ssh',
    `#!/bin/sh\ntrap "" TERM INT HUP\necho $$ >> ${repo.base}/started\nwhile :; do sleep 0.2; done\n`,
  );
}

function started({ repo }: Bench): number {
  const file = path.join(repo.base, 'started');
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split('\n').length : 0;
}

describe('one operation at a time per remote', () => {
  it(
    'in one process, whatever is asked and under whatever name',
    withNetwork(
      async (bench) => {
        const { repo, network, another, serve } = bench;
        const address = `127.0.0.1:${await serve(silent())}`;
        repo.git('remote', 'add', 'origin', `http://${address}/x.git`);
        repo.git('remote', 'add', 'same', `http://person:secret-token@${address}/x.git`);
        repo.git('config', `url.http://${address}/.insteadOf`, 'short:');
        const worktree = await repo.worktree();
        const linked = await repo.link('other').worktree();
        const over = new AbortController();
        // However long the others take, it does not end before it is told to.
        const first = network.fetch(worktree, 'origin', { timeLimit: 0, signal: over.signal });
        await until(() => network.operations.some(({ state }) => state === 'running'));
        const others = await Promise.all([
          network.fetch(worktree, 'origin'),
          network.fetch(worktree, 'same', { explicit: true }),
          network.listRemote(linked, 'short:x.git'),
          network.push(worktree, 'origin', ['main']),
          another().fetch(worktree, 'origin', { explicit: true }),
        ]);
        assert.deepEqual(
          others.map(because),
          Array.from({ length: 5 }, () => 'still_running'),
        );
        over.abort();
        assert.equal(because(await first), 'cancelled', 'they were told at once');
        assert.equal(because(await network.fetch(worktree, 'origin', { explicit: true })), 'timed_out');
      },
      { timeLimit: 1_800 },
    ),
  );

  it(
    'also while an earlier one, told to end, has not ended',
    withNetwork(
      async (bench) => {
        const { repo, network } = bench;
        repo.git('remote', 'add', 'origin', 'host.invalid:x.git');
        await withEnvironment({ GIT_SSH_COMMAND: stubborn(bench) }, async () => {
          const worktree = await repo.worktree();
          const first = network.fetch(worktree, 'origin');
          await until(() => network.operations.some(({ state }) => state === 'ending'));
          const second = await network.fetch(worktree, 'origin', { explicit: true });
          assert.equal(because(second), 'still_running');
          assert.equal(bench.running().length > 0, true, 'the first one is still there');
          assert.equal(because(await first), 'timed_out');
        });
      },
      { timeLimit: 1_000 },
    ),
  );

  it(
    'over processes; a process that was killed takes its operation with it and blocks nobody',
    withNetwork(
      async (bench) => {
        const { repo, network, healthy } = bench;
        repo.git('remote', 'add', 'origin', 'host.invalid:x.git');
        await withEnvironment({ GIT_SSH_COMMAND: stubborn(bench) }, async () => {
          const worktree = await repo.worktree();
          const other = worker(bench, 'origin', 60_000);
          await until(() => started(bench) === 1);
          const meanwhile = await network.fetch(worktree, 'origin', { explicit: true });
          assert.equal(because(meanwhile), 'still_running');
          assert.equal(started(bench), 1);

          fs.rmSync(path.join(repo.commonDir, 'belay', 'locks'), { recursive: true });
          const unlocked = await network.fetch(worktree, 'origin', { explicit: true });
          assert.equal(because(unlocked), 'still_running', 'also when its lock was removed');
          assert.ok(fetching(bench).length > 0, 'and it is left alone');

          signalTo(other.pid, 'SIGKILL');
          await other.ended;
          assert.ok(fetching(bench).length > 0, 'what it started has not ended yet');
          const lingering = await network.fetch(worktree, 'origin', { explicit: true });
          assert.equal(because(lingering), 'still_running', 'never two');
          await until(() => bench.running().length === 0);
          assert.equal(started(bench), 1);

          repo.git('remote', 'set-url', 'origin', healthy());
          repo.git('config', `url.${healthy('second')}.insteadOf`, 'host.invalid:x.git');
          repo.git('remote', 'set-url', 'origin', 'host.invalid:x.git');
          assert.equal(because(await network.fetch(worktree, 'origin')), 'done');
        });
      },
      { timeLimit: 1_000 },
    ),
  );

  it(
    'the operation of a killed process ends by itself, and the next one begins as if nothing had been',
    withNetwork(
      async (bench) => {
        const { repo, network, serve } = bench;
        const url = `git://127.0.0.1:${await serve(silent())}/x.git`;
        repo.git('remote', 'add', 'origin', url);
        const other = worker(bench, 'origin', 0);
        await until(() => bench.running().some((line) => / fetch .* origin/.test(line)));
        signalTo(other.pid, 'SIGKILL');
        await other.ended;
        await until(() => bench.running().length === 0);
        const worktree = await repo.worktree();
        assert.equal(because(await network.fetch(worktree, 'origin')), 'timed_out', 'it was tried');
      },
      { timeLimit: 800 },
    ),
  );

  it(
    'a process that is killed while its operation is being ended leaves nothing behind either',
    withNetwork(async (bench) => {
      bench.repo.git('remote', 'add', 'origin', 'host.invalid:x.git');
      await withEnvironment({ GIT_SSH_COMMAND: stubborn(bench) }, async () => {
        const other = worker(bench, 'origin', 1_000);
        await until(() => started(bench) === 1);
        // git has followed the request to end, its ssh ignores it.
        await until(() => !bench.running().some((line) => /^\d+ git .* fetch /.test(line)));
        signalTo(other.pid, 'SIGKILL');
        await other.ended;
        assert.ok(fetching(bench).length > 0, 'the ssh is still there');
        await until(() => bench.running().length === 0);
      });
    }),
  );

  it(
    'a process that goes away in order leaves nothing behind either',
    withNetwork(async (bench) => {
      const { repo, serve } = bench;
      repo.git('remote', 'add', 'origin', `git://127.0.0.1:${await serve(silent())}/x.git`);
      const other = worker(bench, 'origin', 0);
      await until(() => bench.running().some((line) => / fetch .* origin/.test(line)));
      signalTo(other.pid, 'SIGTERM');
      await other.ended;
      await until(() => bench.running().length === 0);
    }),
  );
});

describe('cancelling', () => {
  it(
    'ends the group of what runs, and lets what waits not begin',
    withNetwork(
      async (bench) => {
        const { repo, network, serve } = bench;
        const port = await serve(silent());
        for (const name of ['one', 'two', 'three']) {
          repo.git('remote', 'add', name, `git://127.0.0.1:${port}/${name}`);
        }
        const worktree = await repo.worktree();
        const byCaller = new AbortController();
        const one = network.fetch(worktree, 'one', { signal: byCaller.signal });
        await until(() => network.operations.some(({ state }) => state === 'running'));
        const two = network.fetch(worktree, 'two');
        await until(() => network.operations.map(({ state }) => state).join() === 'running,waiting');
        network.cancel(network.operations[1]?.id ?? '');
        assert.equal(because(await two), 'cancelled');
        byCaller.abort();
        assert.equal(because(await one), 'cancelled');
        assert.deepEqual(bench.running(), []);
        assert.equal(because(await network.fetch(worktree, 'one', { signal: byCaller.signal })), 'cancelled');
        const three = network.fetch(worktree, 'three');
        await until(() => network.operations.some(({ state }) => state === 'running'));
        network.cancel();
        assert.equal(because(await three), 'cancelled');
        assert.equal(network.operations.length, 0);
      },
      { maxOperations: 1, timeLimit: 0 },
    ),
  );

  it(
    'is no failure of the remote',
    withNetwork(async ({ repo, network, serve }) => {
      repo.git('remote', 'add', 'origin', `git://127.0.0.1:${await serve(silent())}/x.git`);
      const worktree = await repo.worktree();
      const fetch = network.fetch(worktree, 'origin');
      await until(() => network.operations.some(({ state }) => state === 'running'));
      network.cancel();
      assert.equal(because(await fetch), 'cancelled');
      const folder = path.join(repo.commonDir, 'belay', 'network');
      assert.deepEqual(fs.existsSync(folder) ? fs.readdirSync(folder) : [], []);
    }),
  );
});
