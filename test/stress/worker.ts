import callbackFs, { type NoParamCallback, type PathLike } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeCheckpoint } from '../../src/checkpoint/take';
import { BelayError } from '../../src/errors';
import { Git } from '../../src/git/git';
import { closeWorktree, openWorktree } from '../../src/git/worktree';
import { claimLease } from '../../src/leases/claim';
import { LeaseError } from '../../src/leases/error';
import { readLease } from '../../src/leases/read';
import { withLock } from '../../src/refs/lock';
import { sessionRef } from '../../src/refs/names';

/**
 * A process of the stress tests:
 *
 *   worker checkpoints <folder> <session> <count> <paths|whole>   takes so many checkpoints, one line for each
 *   worker hold <lock>...                                         takes the locks, says `held`, and stays
 *   worker race                                                   for each line with a lock: takes it, answers with what it saw
 *   worker stale <lock>                                           takes it with proper-lockfile alone; waits for a line between
 *                                                                 finding that it is stale and removing it
 *   worker claim <folder> <owner>                                 for each line with a claim: makes it, answers with what came of it
 *   worker write <folder> <session> <git>                         for each line with a token: writes under it, answers the same way
 *   worker contend <folder> <session> <owner> <ms>                claims and writes again and again, one line for each claim
 */
const [task = '', ...args] = process.argv.slice(2);

async function main(): Promise<void> {
  switch (task) {
    case 'checkpoints':
      await checkpoints(args[0] ?? '', args[1] ?? '', Number(args[2]), args[3] ?? '');
      return;
    case 'hold':
      await hold(args);
      return;
    case 'race':
      await race();
      return;
    case 'stale':
      await takeStale(args[0] ?? '');
      return;
    case 'claim':
      await claims(args[0] ?? '', args[1] ?? '');
      return;
    case 'write':
      await writes(args[0] ?? '', args[1] ?? '', args[2] ?? '');
      return;
    case 'contend':
      await contend(args[0] ?? '', args[1] ?? '', args[2] ?? '', Number(args[3]));
      return;
    default:
      throw new Error(`Unknown task ${task}.`);
  }
}

async function checkpoints(folder: string, session: string, count: number, mode: string): Promise<void> {
  const worktree = await openWorktree(new Git(), folder);
  const file = `${session}.txt`;
  let created = 0;
  for (let tries = 0; created < count; tries += 1) {
    if (tries > count * 20) {
      throw new Error('Nothing new was to be captured, again and again.');
    }
    const content = `${session} step ${created + 1} try ${tries}\n`;
    // In one go: another process's scan must not see it half written.
    const fresh = `${folder}.${file}`;
    await fs.writeFile(fresh, content);
    await fs.rename(fresh, path.join(folder, file));
    const started = performance.now();
    const result = await takeCheckpoint(worktree, {
      session,
      agent: 'stress',
      paths: mode === 'paths' ? [file] : [],
    });
    say({
      content,
      ms: performance.now() - started,
      answer: {
        checkpoint: result.checkpoint.oid,
        tree: result.checkpoint.tree,
        ref: result.ref,
        session: result.checkpoint.session,
        step: result.checkpoint.step,
        mode: result.checkpoint.mode,
        created: result.created,
        attempts: result.attempts,
        warnings: result.warnings,
      },
    });
    created += result.created ? 1 : 0;
  }
  closeWorktree(worktree);
}

async function hold(locks: readonly string[]): Promise<void> {
  const [first, ...rest] = locks;
  if (first === undefined) {
    say('held');
    // Until it is killed.
    for (;;) {
      await sleep(60_000);
    }
  }
  await withLock(first, { wait: 10_000 }, () => hold(rest));
}

async function race(): Promise<void> {
  for await (const lock of createInterface({ input: process.stdin })) {
    say(
      await withLock(lock, { wait: 20_000 }, (held) => (held ? critical(lock) : Promise.resolve('gave up'))),
    );
  }
}

/** proper-lockfile as it comes, held up where it has found the lock stale and not yet removed it. Holds the lock until it is ended. */
async function takeStale(lock: string): Promise<void> {
  const { lock: acquire } = await import('proper-lockfile');
  const rmdir = (folder: PathLike, done: NoParamCallback): void => {
    say('found it stale');
    createInterface({ input: process.stdin }).once('line', () => {
      callbackFs.rmdir(folder, done);
    });
  };
  await acquire(lock, {
    lockfilePath: lock,
    realpath: false,
    // The shortest time after which it calls a lock stale.
    stale: 2_000,
    update: 1_000,
    fs: { ...callbackFs, rmdir },
    onCompromised: () => undefined,
  });
  say('holds it');
}

/** Stays a moment inside, and notices when somebody else is inside, too. */
async function critical(lock: string): Promise<string> {
  const inside = `${lock}.inside`;
  try {
    await fs.writeFile(inside, String(process.pid), { flag: 'wx' });
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') {
      return 'two inside';
    }
    throw thrown;
  }
  await sleep(3);
  await fs.rm(inside, { force: true });
  return 'alone';
}

/** Each line: the lease to claim, and whether to take it over from the one with that token. */
async function claims(folder: string, owner: string): Promise<void> {
  const worktree = await openWorktree(new Git(), folder);
  // So that the first claim is as quick as the others.
  await readLease(worktree, { kind: 'session', name: 'nobody' });
  say('ready');
  for await (const line of createInterface({ input: process.stdin })) {
    const [name = '', seen] = line.split(' ');
    const takeOver = seen === undefined ? false : { seen };
    say(
      await outcomeOf(async () => {
        const { token } = await claimLease(worktree, { kind: 'session', name }, { owner, takeOver });
        return { token };
      }),
    );
  }
  closeWorktree(worktree);
}

async function writes(folder: string, session: string, binary: string): Promise<void> {
  const worktree = await openWorktree(new Git({ binary }), folder);
  for await (const token of createInterface({ input: process.stdin })) {
    await fs.writeFile(path.join(folder, 'written.txt'), `under ${token}\n`);
    say(
      await outcomeOf(async () => {
        const request = { session, agent: 'stress', leases: [token] };
        return { checkpoint: (await takeCheckpoint(worktree, request)).checkpoint.oid };
      }),
    );
  }
  closeWorktree(worktree);
}

/** As an agent that is resumed in several places at once: each claims the session, and writes until it is fenced off. */
async function contend(folder: string, session: string, owner: string, time: number): Promise<void> {
  const worktree = await openWorktree(new Git(), folder);
  const end = performance.now() + time;
  for (let round = 0; performance.now() < end; round += 1) {
    const resource = { kind: 'session', name: session } as const;
    const { token } = await claimLease(worktree, resource, { owner });
    const [head] = await worktree.plumbing.objects([sessionRef(session)]);
    const step = /^Belay-Step: (\d+)$/m.exec(head?.content.toString('utf8') ?? '')?.[1] ?? '0';
    const written: unknown[] = [];
    for (let index = 0; index < 5; index += 1) {
      const content = `${process.pid} ${round} ${index}\n`;
      const fresh = path.join(path.dirname(folder), `${process.pid}.txt`);
      await fs.writeFile(fresh, content);
      await fs.rename(fresh, path.join(folder, `${process.pid}.txt`));
      const outcome = await outcomeOf(async () => {
        const { checkpoint, created } = await takeCheckpoint(worktree, {
          session,
          agent: 'stress',
          // Tells which claim wrote it.
          task: token,
          paths: [`${process.pid}.txt`],
          leases: [token],
        });
        return { checkpoint: checkpoint.oid, step: checkpoint.step, created };
      });
      written.push(outcome);
      if ('reason' in outcome) {
        break;
      }
    }
    say({ token, after: Number(step), written });
  }
  closeWorktree(worktree);
}

async function outcomeOf<T extends object>(
  work: () => Promise<T>,
): Promise<T | { reason: string; owner: string | undefined; message: string }> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof BelayError) {
      const owner = thrown instanceof LeaseError ? thrown.current?.owner : undefined;
      return { reason: thrown.reason, owner, message: thrown.message };
    }
    throw thrown;
  }
}

function say(value: unknown): void {
  process.stdout.write(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
}

main().catch((thrown: unknown) => {
  process.stderr.write(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  process.exitCode = 3;
});
