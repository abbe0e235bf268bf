import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worktree } from '../../src/git/worktree';
import { defaultNetworkLimits } from '../../src/network/networkOutcome';
import { Network } from '../../src/network/network';
import { resolveRemote } from '../../src/network/remote';
import { recordAnswer } from '../../src/network/status';
import { TestRepo } from '../support/repo';
import { goal, medians, ms, output, quantile, ratio, table } from './measure';

const healthy = Array.from({ length: 8 }, (_, number) => `healthy-${number}`);
const dead = Array.from({ length: 20 }, (_, number) => `dead-${number}`);
/** How long a dead remote takes its place, in milliseconds; the default is two minutes. */
const limit = 6_000;

/**
 * What a fetch costs on top of git's own, and whether twenty dead remotes slow down remotes that answer. All are on the
 * loopback interface: git's own daemon, and a server that accepts and stays silent.
 */
export async function benchNetwork(rounds: number): Promise<void> {
  const repo = TestRepo.create();
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => sockets.add(socket));
  const silentPort = await listen(silent);
  const daemonPort = await freePort();
  const daemon = spawn(
    'git',
    [
      'daemon',
      '--listen=127.0.0.1',
      `--port=${daemonPort}`,
      '--export-all',
      `--base-path=${repo.base}`,
      repo.base,
    ],
    { stdio: 'ignore', detached: true },
  );
  try {
    for (const name of healthy) {
      await output('git', ['clone', '--quiet', '--bare', repo.folder, path.join(repo.base, `${name}.git`)]);
      repo.git('remote', 'add', name, `git://127.0.0.1:${daemonPort}/${name}.git`);
    }
    for (const name of dead) {
      repo.git('remote', 'add', name, `git://127.0.0.1:${silentPort}/${name}.git`);
    }
    await sleep(500);
    const worktree = await repo.worktree();
    await overhead(worktree, rounds);
    await beside(worktree, rounds);
  } finally {
    process.kill(-(daemon.pid ?? 0), 'SIGTERM');
    silent.close();
    sockets.forEach((socket) => socket.destroy());
    repo.dispose();
  }
}

function newNetwork(): Network {
  return new Network({ limits: { ...defaultNetworkLimits, timeLimit: limit } });
}

async function overhead(worktree: Worktree, rounds: number): Promise<void> {
  const network = newNetwork();
  const args = ['fetch', '--no-write-fetch-head', '--no-auto-maintenance', healthy[0] ?? ''];
  const times = await medians(
    [
      {
        name: 'git fetch',
        run: async () => {
          await output('git', args, { cwd: worktree.root });
        },
      },
      { name: 'through Belay', run: () => fetchAll(network, worktree, healthy.slice(0, 1)) },
    ],
    rounds,
  );
  const plain = times.get('git fetch');
  table(
    'One fetch that brings nothing new (median, ms)',
    ['', 'ms', 'ratio'],
    [...times].map(([name, value]) => [name, ms(value), ratio(value, plain)]),
  );
}

/** How long it takes until all healthy remotes are fetched, alone and beside dead ones that were asked first. */
async function beside(worktree: Worktree, rounds: number): Promise<void> {
  const rows: string[][] = [];
  let worst = 0;
  for (const known of [
    'answered before',
    'were never asked',
    'answered before, as did the dead ones',
  ] as const) {
    const measured = new Map<string, number>();
    for (const [name, count] of [['alone', 0] as const, ['beside 20 dead', 20] as const]) {
      const times: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        forget(worktree);
        const network = newNetwork();
        if (known !== 'were never asked') {
          await fetchAll(network, worktree, healthy);
        }
        if (known === 'answered before, as did the dead ones') {
          await pretendAnswered(worktree);
        }
        const stuck = dead.slice(0, count).map((remote) => network.fetch(worktree, remote));
        await sleep(500);
        const began = performance.now();
        await fetchAll(network, worktree, healthy);
        times.push(performance.now() - began);
        network.cancel();
        await Promise.all(stuck);
      }
      measured.set(name, quantile(times, 0.5));
    }
    const [alone, crowded] = [measured.get('alone'), measured.get('beside 20 dead')];
    rows.push([`healthy ones that ${known}`, ms(alone), ms(crowded), ratio(crowded, alone)]);
    worst =
      known === 'answered before' && alone !== undefined && crowded !== undefined ? crowded / alone : worst;
  }
  table(
    `${healthy.length} healthy remotes, asked after 20 dead ones (median, ms; a dead one takes ${limit} ms)`,
    ['', 'alone', 'beside 20 dead', 'ratio'],
    rows,
  );
  goal('dead remotes do not hold up those that answered before', worst < 3, `${worst.toFixed(2)} x`);
}

async function fetchAll(network: Network, worktree: Worktree, remotes: readonly string[]): Promise<void> {
  const outcomes = await Promise.all(
    remotes.map((remote) => network.fetch(worktree, remote, { explicit: true })),
  );
  const failed = outcomes.find(({ kind }) => kind === 'not_done');
  if (failed !== undefined) {
    throw new Error(JSON.stringify(failed));
  }
}

/** The dead ones answered once, as far as Belay knows. */
async function pretendAnswered(worktree: Worktree): Promise<void> {
  for (const name of dead) {
    const remote = await resolveRemote(worktree, name, 'fetch');
    await recordAnswer(worktree.repository, remote, Date.now());
  }
}

/** Nothing is known of any remote. */
function forget(worktree: Worktree): void {
  rmSync(path.join(worktree.repository.belayDir, 'network'), { recursive: true, force: true });
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('The server has no port.');
  }
  return address.port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
