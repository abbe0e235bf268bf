import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import type { Checkpoint } from '../../src/checkpoint/checkpoint';
import { listStale } from '../../src/checkpoint/stale';
import { Git } from '../../src/git/git';
import { claimLease, releaseLease } from '../../src/leases/claim';
import { LeaseError } from '../../src/leases/error';
import type { Resource } from '../../src/leases/lease';
import { readLease } from '../../src/leases/read';
import { restore } from '../../src/restore/restore';
import { signalTo, start, type Running } from '../support/processes';
import { inRepo, type TestRepo } from '../support/repo';

const person = { session: 'person', agent: 'editor' } as const;
const here: Resource = { kind: 'worktree', name: 'main' };
const program = path.resolve('dist/cli.js');

/** Two checkpoints that differ in `count` files; the worktree is at the second. @returns the first. */
async function twoStates(repo: TestRepo, count: number): Promise<Checkpoint> {
  const write = (text: string): void => {
    for (let index = 0; index < count; index += 1) {
      repo.write(`many/${index}.txt`, `${text} ${index}\n`);
    }
  };
  write('good');
  const good = (await repo.checkpoint()).checkpoint;
  write('bad');
  await repo.checkpoint();
  return good;
}

function restored(repo: TestRepo, count: number): number {
  return Array.from({ length: count }, (_, index) => repo.read(`many/${index}.txt`).toString('utf8')).filter(
    (text) => text.startsWith('good'),
  ).length;
}

async function refusal(work: Promise<unknown>): Promise<LeaseError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  assert.ok(thrown instanceof LeaseError, `refused because of a lease: ${String(thrown)}`);
  return thrown;
}

/** git, but before it renders the files of a restore it runs these lines of shell. */
function interposed(repo: TestRepo, lines: string): string {
  const folder = path.join(repo.base, 'bin');
  fs.mkdirSync(folder);
  const real = repo.git('--exec-path');
  fs.writeFileSync(
    path.join(folder, 'git'),
    `#!/bin/sh\ncase " $* " in *" checkout-index "*)\n${lines}\n;; esac\nexec ${real}/git "$@"\n`,
    { mode: 0o755 },
  );
  return path.join(folder, 'git');
}

/** `belay restore` as a process that waits, before it writes the first file, until the file `go` is there. */
function pausedRestore(
  repo: TestRepo,
  target: Checkpoint,
): { running: Running; go: () => void; waits: () => Promise<void> } {
  const [reached, go] = [path.join(repo.base, 'reached'), path.join(repo.base, 'go')];
  const git = interposed(repo, `: > '${reached}'; while ! test -e '${go}'; do sleep 0.05; done`);
  const running = start(process.execPath, [program, 'restore', target.oid, '--json'], {
    cwd: repo.folder,
    env: { PATH: `${path.dirname(git)}:${process.env['PATH'] ?? ''}` },
  });
  return {
    running,
    go: () => {
      fs.writeFileSync(go, '');
    },
    waits: async () => {
      while (!fs.existsSync(reached)) {
        await sleep(20);
      }
    },
  };
}

const errorAnswer = v.object({
  error: v.object({
    reason: v.string(),
    message: v.string(),
    owner: v.nullable(v.string()),
    kept: v.nullable(v.object({ ref: v.string(), checkpoint: v.string() })),
  }),
});

describe('a restore changes files under the worktree’s lease only', () => {
  it(
    'claims the worktree for the while and gives it up, also when it fails',
    inRepo(async (repo) => {
      const good = await twoStates(repo, 2);
      const worktree = await repo.worktree();
      await restore(worktree, good, person);
      const lease = await readLease(worktree, here);
      assert.deepEqual([lease?.status, lease?.agent], ['released', 'editor']);
      assert.match(lease?.owner ?? '', /^person \(restore /);
      await assert.rejects(restore(worktree, good, person), { reason: 'nothing_to_restore' });
      assert.equal((await readLease(worktree, here))?.status, 'released');
    }),
  );

  it(
    'is refused while somebody else changes the worktree, and names them',
    inRepo(async (repo) => {
      const good = await twoStates(repo, 2);
      const worktree = await repo.worktree();
      const { token } = await claimLease(worktree, here, { owner: 'fan-out' });
      const refs = repo.refs('belay');
      const error = await refusal(restore(worktree, good, person));
      assert.deepEqual([error.reason, error.current?.owner], ['lease_held', 'fan-out']);
      assert.equal(restored(repo, 2), 0);
      assert.deepEqual(repo.refs('belay'), refs);
      await releaseLease(worktree, here, token, { status: 'released' });
      await restore(worktree, good, person);
      assert.equal(restored(repo, 2), 2);
    }),
  );

  it(
    'works under a lease that it is given, and leaves that to its owner',
    inRepo(async (repo) => {
      const good = await twoStates(repo, 2);
      const worktree = await repo.worktree();
      const { token } = await claimLease(worktree, here, { owner: 'fan-out' });
      await restore(worktree, good, { ...person, leases: [token] });
      assert.equal(restored(repo, 2), 2);
      assert.equal((await readLease(worktree, here))?.token, token);
    }),
  );

  it(
    'changes nothing with a token that was rotated, or without one for a leased session',
    inRepo(async (repo) => {
      const good = await twoStates(repo, 2);
      const worktree = await repo.worktree();
      const { token } = await claimLease(worktree, here, { owner: 'fan-out' });
      await claimLease(worktree, here, { owner: 'fan-out' });
      await claimLease(worktree, { kind: 'session', name: 'person' }, { owner: 'somebody' });
      assert.equal(
        (await refusal(restore(worktree, good, { ...person, leases: [token] }))).reason,
        'lease_lost',
      );
      const free = await repo.open();
      const current = (await readLease(free, here))?.token ?? '';
      assert.equal(
        (await refusal(restore(worktree, good, { ...person, leases: [current] }))).reason,
        'lease_required',
      );
      assert.equal(restored(repo, 2), 0);
    }),
  );

  it(
    'stops in the middle once the worktree was taken over, and what it wrote by then counts as stale',
    inRepo(async (repo) => {
      const count = 3_000;
      const good = await twoStates(repo, count);
      const waits = `(while ! grep -q good many/0.txt many/1.txt many/10.txt many/100.txt 2>/dev/null; do :; done
        '${process.execPath}' '${program}' lease claim worktree/main --owner thief --take-over) >/dev/null 2>&1 &`;
      const worktree = await repo.open(new Git({ binary: interposed(repo, waits) }));
      const error = await refusal(restore(worktree, good, person));
      assert.equal(error.reason, 'lease_lost');
      assert.equal(error.current?.owner, 'thief');
      const done = restored(repo, count);
      assert.ok(done > 0 && done < count, `stopped in the middle: ${done} of ${count}`);
      assert.match(error.message, new RegExp(`after it had changed ${done} files`));
      const [stale] = await listStale(worktree);
      assert.equal(stale?.stale, 'lease_lost');
      assert.notEqual(stale.restoredFrom, undefined, 'recognised as what a restore left');
      assert.equal(error.kept?.checkpoint, stale.oid);
      assert.deepEqual(repo.treeEntries(stale.oid), repo.diskEntries());
      assert.equal((await readLease(worktree, here))?.owner, 'thief', 'the new owner keeps the lease');
    }),
  );

  it(
    'one that was killed holds nobody up',
    inRepo(async (repo) => {
      const good = await twoStates(repo, 2);
      const { running, waits } = pausedRestore(repo, good);
      await waits();
      const worktree = await repo.worktree();
      assert.equal((await refusal(restore(worktree, good, person))).reason, 'lease_held');
      signalTo(running.pid, 'SIGKILL');
      // The wrapper that waits holds the pipes open.
      fs.writeFileSync(path.join(repo.base, 'go'), '');
      await running.ended;
      await restore(worktree, good, person);
      assert.equal(restored(repo, 2), 2);
    }),
  );

  it(
    'one that was stopped, replaced and continued writes no file',
    inRepo(async (repo) => {
      const good = await twoStates(repo, 2);
      const { running, waits, go } = pausedRestore(repo, good);
      await waits();
      signalTo(running.pid, 'SIGSTOP');
      const worktree = await repo.worktree();
      const held = await refusal(restore(worktree, good, person));
      assert.equal(held.reason, 'lease_held', 'a stopped process has not ended');
      await restore(worktree, good, { ...person, takeOver: true });
      repo.write('many/0.txt', 'work after the take-over\n');
      repo.write('many/1.txt', 'more work after the take-over\n');
      go();
      signalTo(running.pid, 'SIGCONT');
      const ended = await running.ended;
      assert.equal(ended.code, 1, ended.stderr);
      const { error } = v.parse(errorAnswer, JSON.parse(ended.stdout));
      assert.equal(error.reason, 'lease_lost');
      assert.match(error.message, /stopped before it changed a file/);
      assert.equal(repo.read('many/0.txt').toString(), 'work after the take-over\n');
      assert.equal(repo.read('many/1.txt').toString(), 'more work after the take-over\n');
    }),
  );
});
