import fs from 'node:fs/promises';
import path from 'node:path';
import { whenMissing } from '../git/missing';
import type { Repository } from '../git/worktree';

/** A healthy git holds a reference's lock for milliseconds; from this age on, in milliseconds, it was left behind. */
const leftBehindAfter = 10_000;

export interface RefLock {
  /** The lock file, absolute. */
  readonly file: string;
  /** The reference, or `packed-refs`. */
  readonly ref: string;
  /** How old it is, in milliseconds. */
  readonly age: number;
  readonly leftBehind: boolean;
}

/**
 * The lock files on references, Belay's and others', on the packed ones, which every deletion needs, on git's configuration,
 * and on what belongs to one worktree: its HEAD and its index.
 */
export async function findRefLocks(
  repository: Repository,
  gitDir = repository.commonDir,
): Promise<RefLock[]> {
  const { commonDir } = repository;
  const own = await filesBelow(path.join(commonDir, 'refs'));
  const candidates = new Set([
    ...own.filter((file) => file.endsWith('.lock')),
    ...['packed-refs.lock', 'config.lock'].map((name) => path.join(commonDir, name)),
    ...['HEAD.lock', 'index.lock'].map((name) => path.join(gitDir, name)),
  ]);
  const locks: RefLock[] = [];
  for (const file of candidates) {
    const stat = await fs.lstat(file).catch(whenMissing(undefined));
    if (stat !== undefined) {
      const age = Date.now() - stat.mtimeMs;
      const ref = path
        .relative(repository.commonDir, file)
        .replaceAll(path.sep, '/')
        .replace(/\.lock$/, '');
      locks.push({ file, ref, age, leftBehind: age > leftBehindAfter });
    }
  }
  return locks;
}

/**
 * Removes the locks that were left on Belay's own references. Should their owner wake up after all (a suspended
 * machine), its write is found out: no checkpoint is acknowledged before its reference has been read back.
 * @returns the references that were freed.
 */
export async function removeLeftBehind(repository: Repository): Promise<string[]> {
  const freed: string[] = [];
  for (const { file, ref, leftBehind } of await findRefLocks(repository)) {
    if (leftBehind && ref.startsWith('refs/belay/')) {
      await fs.rm(file, { force: true });
      freed.push(ref);
    }
  }
  return freed;
}

/** Every file below a folder. Written out because `readdir` with `recursive` fails when a folder vanishes meanwhile. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch(whenMissing(undefined));
  const files: string[] = [];
  for (const entry of entries ?? []) {
    const file = path.join(folder, entry.name);
    files.push(...(entry.isDirectory() ? await filesBelow(file) : [file]));
  }
  return files;
}
