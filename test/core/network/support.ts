import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import { Network, type NetworkSettings } from '../../../src/network/network';
import { defaultNetworkLimits, type NetworkOutcome } from '../../../src/network/networkOutcome';
import { withEnvironment } from '../../support/environment';
import { TestRepo } from '../../support/repo';
import { gitIn } from '../states';

/** What a network test works with. */
export interface Bench {
  readonly repo: TestRepo;
  readonly network: Network;
  /** What was logged. */
  readonly lines: string[];
  /** Another network, as another part of the program would have it. */
  readonly another: (limits?: Partial<NetworkSettings['limits']>) => Network;
  /** A server on the loopback interface that is closed after the test; gives its port. */
  readonly serve: (server: net.Server) => Promise<number>;
  /** A bare repository with one commit, and its `file://` URL. */
  readonly healthy: (name?: string) => string;
  /** The processes of this test that run now: what each of them was started as. */
  readonly running: () => string[];
}

/**
 * Runs a test with a repository and a network of its own; fails it when a process that was started under it is left
 * afterwards. The processes are found by a variable in their environment, which all of them inherit.
 */
export function withNetwork(
  work: (bench: Bench) => Promise<void>,
  limits: Partial<NetworkSettings['limits']> = {},
): () => Promise<void> {
  return async () => {
    const mark = randomUUID();
    const repo = TestRepo.create();
    const servers: { server: net.Server; sockets: Set<Socket> }[] = [];
    const lines: string[] = [];
    const another: Bench['another'] = (own = limits) =>
      new Network({
        limits: { ...defaultNetworkLimits, ...own },
        log: (line) => {
          lines.push(line);
        },
      });
    const bench: Bench = {
      repo,
      network: another(),
      lines,
      another,
      serve: async (server) => {
        const sockets = new Set<Socket>();
        servers.push({ server, sockets });
        server.on('connection', (socket: Socket) => {
          sockets.add(socket);
          socket.on('error', () => undefined);
        });
        await new Promise<void>((resolve) => {
          server.listen(0, '127.0.0.1', resolve);
        });
        return portOf(server);
      },
      healthy: (name = 'remote') => {
        const folder = path.join(repo.base, `${name}.git`);
        gitIn(repo.base, 'clone', '--quiet', '--bare', repo.folder, folder);
        return `file://${folder}`;
      },
      running: () => marked(mark),
    };
    try {
      await withEnvironment({ BELAY_TEST_MARK: mark }, () => work(bench));
      assert.deepEqual(marked(mark), [], 'nothing is left running');
    } finally {
      for (const { server, sockets } of servers) {
        server.close();
        sockets.forEach((socket) => socket.destroy());
      }
      repo.dispose();
    }
  };
}

function portOf(server: net.Server): number {
  const address: AddressInfo | string | null = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

/** The processes other than this one that carry the mark. What has ended carries nothing any more. */
function marked(mark: string): string[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => read(name, 'environ').split('\0').includes(`BELAY_TEST_MARK=${mark}`))
    .map((name) => `${name} ${read(name, 'cmdline').replaceAll('\0', ' ').trim()}`);
}

function read(pid: string, file: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

/** Accepts connections and says nothing. */
export function silent(): net.Server {
  return net.createServer();
}

/** Answers http requests with a head, and then with one byte a minute. */
export function trickling(): http.Server {
  return http.createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' });
    response.write('0');
    const timer = setInterval(() => response.write('0'), 60_000);
    response.once('close', () => {
      clearInterval(timer);
    });
  });
}

/** Wants to know who asks. */
export function locked(): http.Server {
  return http.createServer((_request, response) => {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' });
    response.end();
  });
}

/** How long something took, in milliseconds. */
export async function timed<T>(work: Promise<T>): Promise<{ readonly value: T; readonly took: number }> {
  const began = performance.now();
  const value = await work;
  return { value, took: performance.now() - began };
}

/** The file in which what is known of the only remote is kept. */
export function statusFile(repo: TestRepo): string {
  const folder = path.join(repo.commonDir, 'belay', 'network');
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.json'));
  assert.equal(names.length, 1);
  return path.join(folder, names[0] ?? '');
}

export function because(outcome: NetworkOutcome<unknown>): string {
  return outcome.kind === 'done' ? 'done' : outcome.reason;
}
