import { readFile, rm } from 'node:fs/promises';
import { whenMissing, whenRefused } from '../git/diskErrors';

/*
 * The one place that reads what git keeps beside references as a file: the locks on them. git tells nobody who holds one, in no
 * version, and what is at stake is whether a lock may be removed. Everything else (references, HEAD, logs) is asked of git.
 */

/**
 * Removes a reference's lock file that our own killed git left (measured: 7 % of kills leave one, and it stays for ever). It
 * holds the new value: the id of a commit that nobody else has, so the lock is ours, and its owner has been seen to end. Any
 * other lock file is left alone.
 */
export async function removeOwnLock(file: string, value: string): Promise<void> {
  const content = await readFile(file, 'utf8').catch(whenMissing(''));
  if (content.trim() === value) {
    await rm(file, { force: true });
  }
}

/** The process that git names beside a lock file (`core.lockfilePid`, git 2.54); undefined where it names none. */
export async function pidBeside(lock: string): Promise<number | undefined> {
  const text = await readFile(lock.replace(/\.lock$/, '~pid.lock'), 'utf8').catch(whenRefused(''));
  const [, pid] = /^pid (\d+)/.exec(text) ?? [];
  return pid === undefined ? undefined : Number(pid);
}
