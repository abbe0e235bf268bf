import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { FetchOptions, NetworkOutcome } from '../../../src/network/networkOutcome';
import { remoteStatus } from '../../../src/network/status';
import { withEnvironment } from '../../support/environment';
import { waitUntil } from '../../support/processes';
import { because, locked, silent, timed, trickling, withNetwork, type Bench } from './support';

/** How long an operation may take in these tests, in milliseconds. */
const limit = 900;
/** What comes on top at worst: two seconds until the kill, and a machine that is busy with other things. Nothing of what is dead here ends by itself within it. */
const margin = 60_000;

interface Dead {
  readonly name: string;
  readonly because: string;
  /** Gives the URL, and prepares what makes it dead. */
  readonly prepare: (bench: Bench) => Promise<string> | string;
  readonly env?: (bench: Bench) => Record<string, string>;
  readonly words?: RegExp;
  /** It ignores being asked to end. */
  readonly stubborn?: boolean;
}

const sleeper = '#!/bin/sh\nsleep 600\n';
const stubborn = '#!/bin/sh\ntrap "" TERM INT HUP\nwhile :; do sleep 0.2; done\n';

const dead: readonly Dead[] = [
  {
    name: 'an http server that accepts and stays silent',
    because: 'timed_out',
    prepare: async ({ serve }) => `http://127.0.0.1:${await serve(silent())}/x.git`,
    words: /within 0\.9 s/,
  },
  {
    name: 'a git server that accepts and stays silent',
    because: 'timed_out',
    prepare: async ({ serve }) => `git://127.0.0.1:${await serve(silent())}/x.git`,
  },
  {
    name: 'one byte a minute',
    because: 'timed_out',
    prepare: async ({ serve }) => `http://127.0.0.1:${await serve(trickling())}/x.git`,
  },
  {
    name: 'a proxy that never answers (as for a name that nobody resolves)',
    because: 'timed_out',
    prepare: async ({ serve, repo }) => {
      repo.git('config', 'http.proxy', `http://127.0.0.1:${await serve(silent())}`);
      return 'https://nowhere.invalid/x.git';
    },
  },
  {
    name: 'an ssh that never answers',
    because: 'timed_out',
    prepare: () => 'ssh://host.invalid/x.git',
    env: ({ repo }) => ({ GIT_SSH_COMMAND: repo.script('ssh', sleeper) }),
  },
  {
    name: 'an ssh that ignores being asked to end',
    because: 'timed_out',
    prepare: () => 'host.invalid:x.git',
    env: ({ repo }) => ({ GIT_SSH_COMMAND: repo.script('ssh', stubborn) }),
    stubborn: true,
  },
  {
    name: 'an ssh that hangs in a child of its own, and asks on the terminal',
    because: 'timed_out',
    prepare: () => 'ssh://host.invalid/x.git',
    env: ({ repo }) => ({
      GIT_SSH_COMMAND: repo.script(
        'ssh',
        `#!/bin/sh\nif (: </dev/tty) 2>/dev/null; then touch ${repo.base}/asked; fi\nsleep 600 & sleep 601 & wait\n`,
      ),
    }),
  },
  {
    name: 'a credential helper that hangs',
    because: 'timed_out',
    prepare: async ({ serve, repo }) => {
      repo.git('config', 'credential.helper', repo.script('helper', sleeper));
      return `http://127.0.0.1:${await serve(locked())}/x.git`;
    },
  },
  {
    name: 'a credential helper that asks on the terminal',
    because: 'failed',
    prepare: async ({ serve, repo }) => {
      const text = `#!/bin/sh\nif read -r answer </dev/tty; then touch ${repo.base}/asked; fi 2>/dev/null\n`;
      repo.git('config', 'credential.helper', repo.script('helper', text));
      return `http://127.0.0.1:${await serve(locked())}/x.git`;
    },
    words: /could not read Username/,
  },
  {
    name: 'a server that wants to know who asks, with askpass programs that would ask',
    because: 'failed',
    prepare: async ({ serve, repo }) => {
      repo.git('config', 'core.askPass', path.join(repo.base, 'asks'));
      return `http://127.0.0.1:${await serve(locked())}/x.git`;
    },
    env: ({ repo }) => {
      const asks = repo.script('asks', `#!/bin/sh\ntouch ${repo.base}/asked\necho secret\n`);
      return { GIT_ASKPASS: asks, SSH_ASKPASS: asks, DISPLAY: ':99' };
    },
    words: /could not read Username/,
  },
  {
    name: 'ext, which would run a program',
    because: 'failed',
    prepare: ({ repo }) => {
      repo.git('config', 'protocol.ext.allow', 'always');
      return `ext::sh -c touch% ${repo.base}/asked`;
    },
    words: /transport 'ext' not allowed/,
  },
  {
    name: 'a folder that is not there',
    because: 'failed',
    prepare: ({ repo }) => path.join(repo.base, 'nothing.git'),
    words: /does not appear to be a git repository/,
  },
  {
    name: 'a port where nobody listens',
    because: 'failed',
    prepare: () => 'http://127.0.0.1:1/x.git',
    words: /Failed to connect|Could ?n[o']t connect/,
  },
];

describe('invariant 10: a dead remote costs its limit, and leaves nothing running', function () {
  this.timeout(600_000);

  for (const { name, prepare, env, words, stubborn: ignores, because: expected } of dead) {
    // What ends by itself must not be ended for a busy machine's sake.
    const timeLimit = expected === 'timed_out' ? limit : 60_000;
    it(
      name,
      withNetwork(
        async (bench) => {
          const { repo, network, lines } = bench;
          repo.git('remote', 'add', 'origin', await prepare(bench));
          const before = repo.fingerprint();
          await withEnvironment(env?.(bench) ?? {}, async () => {
            const worktree = await repo.worktree();
            const { value: outcome, took } = await timed(network.fetch(worktree, 'origin'));
            assert.equal(because(outcome), expected);
            assert.ok(outcome.kind === 'not_done');
            assert.match(outcome.message, words ?? /./);
            assert.doesNotMatch(outcome.message, /\n/);
            assert.ok(took < timeLimit + margin, `took ${took} ms`);
            if (expected === 'timed_out') {
              assert.ok(took >= limit, `took ${took} ms`);
              assert.ok(ignores !== true || took >= limit + 1_900, `took ${took} ms`);
            }
            assert.deepEqual(bench.running(), [], 'nothing runs once the answer is there');
            assert.equal(network.operations.length, 0);
            const status = await remoteStatus(worktree, 'origin');
            assert.equal(status.lastFetched, undefined);
            assert.equal(status.failures, 1);
          });
          assert.equal(lines.length, 1, lines.join('\n'));
          assert.doesNotMatch(lines[0] ?? '', /\n|\bat .*\.[jt]s/);
          assert.equal(repo.fingerprint(), before);
          assert.equal(fs.existsSync(path.join(repo.base, 'asked')), false, 'nobody was asked');
        },
        { timeLimit },
      ),
    );
  }

  it(
    'also when listing, pushing and cloning',
    withNetwork(
      async ({ repo, network, serve, running }) => {
        const url = `git://127.0.0.1:${await serve(silent())}/`;
        const worktree = await repo.worktree();
        const target = path.join(repo.base, 'cloned');
        const outcomes = await Promise.all([
          network.listRemote(worktree, `${url}a.git`),
          network.push(worktree, `${url}b.git`, ['main']),
          network.clone(worktree.git, `${url}c.git`, target),
          network.clone(worktree.git, `${url}c.git`, `${target}-too`),
        ]);
        const [listed, pushed, ...cloned] = outcomes.map(because);
        assert.deepEqual([listed, pushed], ['timed_out', 'timed_out']);
        // Which of two clones is the first is chance.
        assert.deepEqual(cloned.toSorted(), ['still_running', 'timed_out']);
        assert.deepEqual(running(), []);
        assert.deepEqual(
          fs.readdirSync(repo.base).filter((entry) => entry.includes('cloned')),
          [],
        );
      },
      { timeLimit: limit },
    ),
  );

  it(
    'one that was silent makes room for others that wait, once, and has its whole limit all the same',
    withNetwork(
      async ({ repo, network, serve, lines }) => {
        let asked = 0;
        const quiet = silent().on('connection', () => (asked += 1));
        const port = await serve(quiet);
        // git says no more than that the remote has begun.
        const ssh = repo.script('ssh', '#!/bin/sh\necho hello >&2\nsleep 600\n');
        repo.git('config', 'core.sshCommand', ssh);
        repo.git('remote', 'add', 'quiet', `git://127.0.0.1:${port}/x`);
        repo.git('remote', 'add', 'heard', 'host.invalid:x');
        repo.git('remote', 'add', 'waits', `http://127.0.0.1:${await serve(locked())}/x`);
        const worktree = await repo.worktree();
        const heard = timed(network.fetch(worktree, 'heard'));
        const first = timed(network.fetch(worktree, 'quiet'));
        await waitUntil(() => (asked > 0 ? true : undefined));
        let silentOver = false;
        void first.then(() => (silentOver = true));
        const value = await network.fetch(worktree, 'waits');
        assert.equal(because(value), 'failed', 'it had its turn');
        assert.equal(silentOver, false, 'before the limit of the silent one');
        const outcome = await first;
        assert.equal(because(outcome.value), 'timed_out');
        assert.ok(outcome.took >= 12_000, `${outcome.took} ms`);
        assert.equal(asked, 2);
        assert.equal(because((await heard).value), 'timed_out');
        assert.equal(lines.length, 3, lines.join('\n'));
      },
      { timeLimit: 12_000, maxOperations: 3 },
    ),
  );

  it(
    'twenty of them at once take no place from remotes that answer, and no more places than there are',
    withNetwork(
      async ({ repo, network, serve, healthy, running }) => {
        const port = await serve(silent());
        const stuck = repo.script('ssh', stubborn);
        const worktree = await repo.worktree();
        for (let number = 0; number < 20; number += 1) {
          const urls = [
            `git://127.0.0.1:${port}/${number}`,
            `http://127.0.0.1:${port}/${number}`,
            `h:${number}`,
          ];
          repo.git('remote', 'add', `dead-${number}`, urls[number % 3] ?? '');
        }
        for (let number = 0; number < 6; number += 1) {
          repo.git('remote', 'add', `healthy-${number}`, healthy(`healthy-${number}`));
        }
        await withEnvironment({ GIT_SSH_COMMAND: stuck }, async () => {
          let most = 0;
          const watch = setInterval(() => {
            most = Math.max(
              most,
              network.operations.filter(({ state }) => state !== 'waiting').length,
              new Set(running().filter((line) => / fetch .*dead-/.test(line) && !/sh -c/.test(line))).size,
            );
          }, 50);
          const over = new AbortController();
          const fetchDead = (options: FetchOptions): Promise<NetworkOutcome<unknown>[]> =>
            Promise.all(
              Array.from({ length: 20 }, (_, number) => network.fetch(worktree, `dead-${number}`, options)),
            );
          // However long the others take, none of the dead ones ends before it is told to.
          const endless = fetchDead({ timeLimit: 0, signal: over.signal });
          const busy = (): number => network.operations.filter(({ state }) => state === 'running').length;
          assert.equal(await waitUntil(() => (busy() >= 8 ? true : undefined), 200_000), true);
          const good = await Promise.all(
            Array.from({ length: 6 }, (_, number) => network.fetch(worktree, `healthy-${number}`)),
          );
          assert.deepEqual(new Set(good.map(because)), new Set(['done']));
          over.abort();
          const told = await endless;
          // One that has made room, and whose processes a busy machine did not end soon enough, does not begin again.
          assert.deepEqual(
            told.map(because).filter((one) => one !== 'cancelled' && one !== 'timed_out'),
            [],
          );
          assert.ok(await waitUntil(() => (running().length === 0 ? true : undefined), 200_000));
          const ends = await fetchDead({ timeLimit: limit, explicit: true });
          clearInterval(watch);
          assert.deepEqual(new Set(ends.map(because)), new Set(['timed_out']));
          assert.ok(most > 1 && most <= 10, `${most} at once`);
          assert.deepEqual(running(), []);
        });
      },
      { timeLimit: 60_000 },
    ),
  );
});
