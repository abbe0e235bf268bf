import nodeFs from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, throwIfCancelled } from '../errors';
import { sinceStart } from '../git/clock';
import { hasCode, isDiskError, toleratesDisk, whenMissing } from '../git/diskErrors';
import { ownFolderAt, type SharedModes } from '../git/own';
import { uniqueName } from '../git/unique';
import { formatIdentity, identityOf, lifeOf, parseIdentity, type ProcessIdentity } from './identity';

/** After this long without a sign of life, in milliseconds, a lock from *another* machine counts as left behind. */
const foreignStaleMs = 30_000;
/** How often a holder gives a sign of life, in milliseconds. */
const heartbeatIntervalMs = 5_000;
/** After this long, in milliseconds, even a lock whose process number is in use counts as left behind: numbers are reused. */
const abandonedAfterMs = 10 * 60_000;
/** How often the folder of the locks may be cleared while a caller waits, before the lock counts as unobtainable. */
const clearedOften = 20;
const waitCancelled = 'Waiting for a turn was cancelled.';

export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** When it took the lock, in milliseconds since the epoch. */
  readonly since: number;
  /** Whether its process is known to be gone; only ever true for a process of this machine. */
  readonly dead: boolean;
}

/**
 * Runs `work` while holding the lock, or without it when it cannot be had within `wait` milliseconds, or the disk refuses it:
 * the lock is a queue that saves retries, and correctness never depends on it.
 *
 * proper-lockfile alone grants two holders when several meet a lock that was left behind, and its release removes
 * whatever lock is there (measured; its issue 121). Here the lock folder appears by a rename with its owner's name
 * already inside; only the owner's own file is ever removed on release, and a taker removes the file of a process that
 * is known to be gone.
 */
export async function withLock<T>(
  lockPath: string,
  options: {
    readonly wait: number;
    readonly signal?: AbortSignal | undefined;
    /** The modes of what is made, where several users share the repository. */
    readonly shared?: SharedModes | undefined;
  },
  work: (held: boolean) => Promise<T>,
): Promise<T> {
  const release = await acquire(lockPath, options);
  try {
    return await work(release !== undefined);
  } finally {
    await release?.();
  }
}

interface Turn {
  readonly wait: number;
  readonly signal?: AbortSignal | undefined;
  readonly shared?: SharedModes | undefined;
}

type Release = () => Promise<void>;

async function acquire(lockPath: string, turn: Turn): Promise<Release | undefined> {
  throwIfCancelled(turn.signal, waitCancelled);
  try {
    return (await acquireFree(lockPath, turn)) ?? (await acquireWaiting(lockPath, turn));
  } catch (thrown) {
    if (!isDiskError(thrown)) {
      throw thrown;
    }
    return undefined;
  }
}

/**
 * Takes a lock that is free; undefined when it is held. proper-lockfile would do the same, but takes an agent's hook
 * some five milliseconds to load (measured), so that only who has to wait loads it.
 */
async function acquireFree(lockPath: string, { shared }: Turn): Promise<Release | undefined> {
  const folder = new IdentityFileSystem(shared);
  if (!(await folder.takeFree(lockPath))) {
    return undefined;
  }
  const signs = setInterval(() => {
    void folder.touch(lockPath).catch(toleratesDisk);
  }, heartbeatIntervalMs);
  signs.unref();
  return () => {
    clearInterval(signs);
    return folder.release(lockPath).catch(toleratesDisk);
  };
}

async function acquireWaiting(
  lockPath: string,
  { wait, signal, shared }: Turn,
): Promise<Release | undefined> {
  // Loading it adds exit and signal listeners to the process, which an editor shares with others: only when needed.
  const { lock } = await import('proper-lockfile');
  const deadline = sinceStart() + wait;
  let cleared = 0;
  for (let pause = 4; ; pause = Math.min(pause * 1.5, 60)) {
    throwIfCancelled(signal, waitCancelled);
    try {
      const release = await lock(lockPath, {
        lockfilePath: lockPath,
        realpath: false,
        fs: new IdentityFileSystem(shared),
        stale: foreignStaleMs,
        update: heartbeatIntervalMs,
        // The commits that follow are compared and swapped: losing the lock costs a retry, never a checkpoint.
        onCompromised: () => undefined,
      });
      return () => release().catch(toleratesLoss);
    } catch (thrown) {
      // The lock vanished as soon as it was taken: another process cleared the folder of the locks.
      cleared += hasCode(thrown, 'ENOENT') ? 1 : 0;
      if (!hasCode(thrown, 'ELOCKED') && (!hasCode(thrown, 'ENOENT') || cleared > clearedOften)) {
        throw thrown;
      }
    }
    if (sinceStart() > deadline) {
      return undefined;
    }
    await sleep(pause * (0.5 + Math.random()));
  }
}

/** A sign of life that the disk refuses costs a place in the queue at most. */
/** proper-lockfile rejects a release when the lock was lost before; that is what the comparison of refs is for. */
function toleratesLoss(thrown: unknown): void {
  if (!hasCode(thrown, 'ERELEASED', 'ENOTACQUIRED')) {
    throw thrown;
  }
}

/** Who holds a lock now; undefined when nobody does. */
export async function lockHolder(lockPath: string): Promise<LockHolder | undefined> {
  const names = await fs.readdir(lockPath).catch(whenMissing([]));
  const owner = names.map(parseOwner).find((parsed) => parsed !== undefined);
  if (owner === undefined) {
    return undefined;
  }
  const { mtimeMs } = await fs.stat(path.join(lockPath, owner.name));
  return { pid: owner.pid, host: owner.host, since: mtimeMs, dead: await isDead(owner, lockPath) };
}

/** Removes a lock whose holder is known to be gone; says whether it did. */
export async function removeDeadLock(lockPath: string): Promise<boolean> {
  const names = await fs.readdir(lockPath).catch(whenMissing(undefined));
  if (names === undefined) {
    return false;
  }
  for (const name of names) {
    const owner = parseOwner(name);
    if (owner === undefined || !(await isDead(owner, lockPath))) {
      return false;
    }
    await fs.unlink(path.join(lockPath, name)).catch(ignoreCodes('ENOENT'));
  }
  await fs.rmdir(lockPath).catch(ignoreCodes('ENOENT', 'ENOTEMPTY', 'EEXIST'));
  return true;
}

interface Owner extends ProcessIdentity {
  /** The name of its file in the lock's folder. */
  readonly name: string;
}

function parseOwner(name: string): Owner | undefined {
  const identity = parseIdentity(name.slice(0, Math.max(0, name.lastIndexOf('~'))));
  return identity && { ...identity, name };
}

async function isDead(owner: Owner, lockPath: string): Promise<boolean> {
  switch (lifeOf(owner)) {
    case 'runs':
      return false;
    case 'ended':
      return true;
    case 'elsewhere':
      return (await ageOf(lockPath)) > foreignStaleMs;
    case 'unclear':
      return (await ageOf(lockPath)) > abandonedAfterMs;
  }
}

async function ageOf(lockPath: string): Promise<number> {
  const stat = await fs.stat(lockPath).catch(whenMissing(undefined));
  return stat === undefined ? 0 : Date.now() - stat.mtimeMs;
}

function ignoreCodes(...codes: readonly string[]): (thrown: unknown) => void {
  return (thrown) => {
    if (!hasCode(thrown, ...codes)) {
      throw thrown;
    }
  };
}

type Done = (failure: Error | null) => void;

/** The file system that proper-lockfile works on, with its two unsafe steps replaced. One instance per lock taken. */
class IdentityFileSystem {
  readonly stat = nodeFs.stat;
  readonly utimes = nodeFs.utimes;
  readonly realpath = nodeFs.realpath;
  private readonly owner = `${formatIdentity(identityOf(process.pid))}~${uniqueName()}`;
  private holds = false;

  constructor(private readonly shared: SharedModes | undefined) {}

  /** Takes the lock: the folder appears with the owner's file in it, or not at all. */
  mkdir(lockPath: string, done: Done): void {
    report(this.take(lockPath), done);
  }

  /** Releases the lock if it is ours; before we hold it, clears one whose owner is gone. */
  rmdir(lockPath: string, done: Done): void {
    report(this.holds ? this.release(lockPath) : clearOrRefuse(lockPath), done);
  }

  /** Called when the process exits. */
  rmdirSync(lockPath: string): void {
    nodeFs.rmSync(path.join(lockPath, this.owner), { force: true });
    try {
      nodeFs.rmdirSync(lockPath);
    } catch (thrown) {
      ignoreCodes('ENOENT', 'ENOTEMPTY', 'EEXIST')(thrown);
    }
  }

  /** Takes the lock unless it is held, or another process clears the folder of the locks at this moment. */
  async takeFree(lockPath: string): Promise<boolean> {
    try {
      await this.take(lockPath);
      return true;
    } catch (thrown) {
      ignoreCodes('EEXIST', 'ENOENT', 'ENOTDIR')(thrown);
      return false;
    }
  }

  /** A sign of life, while the lock is still ours. */
  async touch(lockPath: string): Promise<void> {
    await fs.access(path.join(lockPath, this.owner));
    const now = new Date();
    await fs.utimes(lockPath, now, now);
  }

  private async take(lockPath: string): Promise<void> {
    const holder = await lockHolder(lockPath).catch(ignoreCodes('ENOENT'));
    if (holder !== undefined && !(holder.dead && (await removeDeadLock(lockPath)))) {
      throw exists(lockPath);
    }
    const fresh = `${lockPath}.${uniqueName()}`;
    await ownFolderAt(fresh, this.shared, 3);
    try {
      await fs.writeFile(path.join(fresh, this.owner), '');
      await fs.rename(fresh, lockPath);
      this.holds = true;
    } catch (thrown) {
      await fs.rm(fresh, { recursive: true, force: true });
      // ENOENT: another process cleared the folder of the locks in between.
      ignoreCodes('EEXIST', 'ENOTEMPTY', 'EPERM', 'EACCES', 'EBUSY', 'ENOENT')(thrown);
      throw exists(lockPath);
    }
  }

  async release(lockPath: string): Promise<void> {
    this.holds = false;
    await fs.unlink(path.join(lockPath, this.owner)).catch(ignoreCodes('ENOENT', 'ENOTDIR'));
    await fs.rmdir(lockPath).catch(ignoreCodes('ENOENT', 'ENOTEMPTY', 'EEXIST'));
  }
}

async function clearOrRefuse(lockPath: string): Promise<void> {
  if (!(await removeDeadLock(lockPath))) {
    throw Object.assign(new Error('The lock is held.'), { code: 'ELOCKED' });
  }
}

function exists(lockPath: string): Error {
  return Object.assign(new Error(`${lockPath} is held.`), { code: 'EEXIST' });
}

function report(work: Promise<void>, done: Done): void {
  work.then(
    () => {
      done(null);
    },
    (thrown: unknown) => {
      done(thrown instanceof Error ? thrown : new Error(messageOf(thrown)));
    },
  );
}
