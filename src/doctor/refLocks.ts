import fs from 'node:fs/promises';
import path from 'node:path';
import { hasCode, whenMissing, whenRefused } from '../git/diskErrors';
import { worktreeKey, type Repository } from '../git/worktree';
import { pidBeside } from '../refs/lockFiles';
import { openForWriting } from '../restore/openFiles';

/** A healthy git holds a reference's lock for milliseconds; from this age on, in milliseconds, it was left behind. */
const leftBehindAfter = 10_000;
/** The one lock of all references is removed from this age on, in milliseconds: it is not Belay's alone. */
const abandonedAfter = 10 * 60_000;

export interface RefLock {
  /** The lock file, absolute. */
  readonly file: string;
  /** The reference, or `packed-refs`; the store's list of tables, where one lock serves all references. */
  readonly ref: string;
  /** What is locked, for a person. */
  readonly what: string;
  /** How old it is, in milliseconds. */
  readonly age: number;
  readonly leftBehind: boolean;
  /** Whether the doctor may remove it. */
  readonly removable: boolean;
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
    ...((await repository.refFormat()) === 'reftable' ? await tableLocks(commonDir) : []),
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
      const leftBehind = age > leftBehindAfter;
      const removable =
        (leftBehind && ref.startsWith('refs/belay/')) ||
        (path.basename(file) === tableLock && age > abandonedAfter && !(await isHeld(file)));
      locks.push({ file, ref, what: whatOf(commonDir, file, ref), age, leftBehind, removable });
    }
  }
  return locks;
}

const tableLock = 'tables.list.lock';

function whatOf(commonDir: string, file: string, ref: string): string {
  if (path.basename(file) !== tableLock) {
    return ref;
  }
  return file === lockFileOfAll(commonDir)
    ? 'Every reference'
    : `HEAD of the worktree ${worktreeKey(commonDir, path.dirname(path.dirname(file)))}`;
}

function lockFileOfAll(commonDir: string): string {
  return path.join(commonDir, 'reftable', tableLock);
}

/** Under the reftable backend one lock serves all references, and one each the HEAD of a linked worktree. */
async function tableLocks(commonDir: string): Promise<string[]> {
  const linked = path.join(commonDir, 'worktrees');
  const names = await fs.readdir(linked).catch(whenMissing([]));
  return [commonDir, ...names.map((name) => path.join(linked, name))].map((folder) =>
    path.join(folder, 'reftable', tableLock),
  );
}

/** The lock that keeps every reference from being written, where it was left behind. */
export async function lockOfAll(repository: Repository): Promise<string | undefined> {
  const locks = await findRefLocks(repository);
  const ofAll = lockFileOfAll(repository.commonDir);
  return locks.find(({ file, leftBehind }) => leftBehind && file === ofAll)?.file;
}

/** Whether a process that can be seen has it open, or is named beside it (`core.lockfilePid`, git 2.54) and may run still. */
async function isHeld(file: string): Promise<boolean> {
  const real = await fs.realpath(file).catch(whenRefused(file));
  if ((await openForWriting([Buffer.from(real)])).size > 0) {
    return true;
  }
  const pid = await pidBeside(file);
  if (pid === undefined) {
    return false;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return !hasCode(thrown, 'ESRCH');
  }
}

/**
 * Removes the locks that were left on Belay's own references, and an abandoned one of all references. Should their owner wake up after all (a suspended
 * machine), its write is found out: no checkpoint is acknowledged before its reference has been read back.
 * @returns the references that were freed.
 */
export async function removeLeftBehind(repository: Repository): Promise<string[]> {
  const freed: string[] = [];
  for (const { file, ref, removable } of await findRefLocks(repository)) {
    if (removable) {
      await fs.rm(file, { force: true });
      freed.push(ref);
    }
  }
  return freed;
}

/** Every file below a folder. Written out because `readdir` with `recursive` fails when a folder vanishes in between. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch(whenMissing(undefined));
  const files: string[] = [];
  for (const entry of entries ?? []) {
    const file = path.join(folder, entry.name);
    files.push(...(entry.isDirectory() ? await filesBelow(file) : [file]));
  }
  return files;
}
