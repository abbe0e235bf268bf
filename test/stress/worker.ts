import fs from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeCheckpoint } from '../../src/checkpoint/take';
import { Git } from '../../src/git/git';
import { closeWorktree, openWorktree } from '../../src/git/worktree';
import { withLock } from '../../src/refs/lock';

/**
 * A process of the stress tests:
 *
 *   worker checkpoints <folder> <session> <count> <paths|whole>   takes so many checkpoints, one line for each
 *   worker hold <lock>...                                         takes the locks, says `held`, and stays
 *   worker race <identity|plain>                                  for each line with a lock: takes it, answers with what it saw
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
      await race(args[0] === 'plain');
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

async function race(plain: boolean): Promise<void> {
  for await (const lock of createInterface({ input: process.stdin })) {
    say(await (plain ? plainTurn(lock) : identityTurn(lock)));
  }
}

async function identityTurn(lock: string): Promise<string> {
  return withLock(lock, { wait: 20_000 }, (held) => (held ? critical(lock) : Promise.resolve('gave up')));
}

/** proper-lockfile as it comes, with the shortest time after which it calls a lock stale. */
async function plainTurn(lock: string): Promise<string> {
  const { lock: acquire } = await import('proper-lockfile');
  try {
    const release = await acquire(lock, {
      lockfilePath: lock,
      realpath: false,
      stale: 2_000,
      update: 1_000,
      retries: { retries: 400, minTimeout: 4, maxTimeout: 60, factor: 1.5, randomize: true },
      onCompromised: () => undefined,
    });
    const saw = await critical(lock);
    await release().catch(() => undefined);
    return saw;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ELOCKED') {
      return 'gave up';
    }
    throw thrown;
  }
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

function say(value: unknown): void {
  process.stdout.write(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
}

main().catch((thrown: unknown) => {
  process.stderr.write(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  process.exitCode = 3;
});
