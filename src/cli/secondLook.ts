import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { secondLook, secondLookLimitMs } from '../agents/secondLook';
import { hasMark } from '../agents/mark';
import { isDiskError, whenRefused } from '../git/missing';
import { Git } from '../git/git';
import { closeWorktree, openWorktree, type Worktree } from '../git/worktree';

/** How often it is looked whether there is still something to do, in milliseconds. */
const watchMs = 500;

/** For so long, in milliseconds, what was asked to end may take before it is killed. */
const graceMs = 2_000;

/**
 * The process that finishes what hooks had no time for. It ends when that is done, when its time is up, and as soon as the
 * worktree, its git dir or the mark is gone; nothing that it started outlives it.
 */
export async function runSecondLook(folder: string): Promise<void> {
  const git = new Git();
  const end = (): never => {
    git.endAll('SIGKILL');
    return process.exit(0);
  };
  const abort = new AbortController();
  const stop = (): void => {
    abort.abort();
    git.endAll();
    setTimeout(end, graceMs).unref();
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, stop);
  }
  process.on('uncaughtException', end).on('unhandledRejection', end);
  setTimeout(stop, secondLookLimitMs).unref();
  try {
    const worktree = await openWorktree(git, folder);
    void watch(worktree, abort.signal).then(stop);
    await secondLook(worktree, abort.signal);
    closeWorktree(worktree);
  } catch {
    // Whatever it was, the mark stays, and the next hook sees it.
    return end();
  }
  end();
}

/** Comes back once there is nothing to do any more. */
async function watch(worktree: Worktree, signal: AbortSignal): Promise<void> {
  const before = await inodes(worktree);
  while (!signal.aborted && before !== undefined && before === (await inodes(worktree))) {
    if (!(await hasMark(worktree).catch(whenRefused(false)))) {
      return;
    }
    await sleep(watchMs, undefined, { ref: false });
  }
}

/** Which folders these are: a worktree made anew in the same place is another one. */
async function inodes({ root, gitDir }: Worktree): Promise<string | undefined> {
  try {
    const [folder, own] = await Promise.all([stat(root), stat(gitDir)]);
    return `${folder.ino} ${own.ino}`;
  } catch (thrown) {
    if (isDiskError(thrown)) {
      return undefined;
    }
    throw thrown;
  }
}
