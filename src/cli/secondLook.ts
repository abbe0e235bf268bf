import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { nextToLook, secondLook, secondLookLimitMs } from '../agents/secondLookProcess';
import { hasMark } from '../agents/mark';
import { isDiskError, whenRefused } from '../git/diskErrors';
import { Git } from '../git/git';
import { closeWorktree, openWorktree, type Worktree } from '../git/worktree';

/** How often it is looked whether there is still something to do, in milliseconds. */
const watchMs = 500;

/** Time limit in ms for a process that was asked to end, before it is killed. */
const graceMs = 2_000;

/**
 * The process that finishes what hooks had no time for, in one worktree and then in the others of its repository. It ends when
 * that is done and when its time is up, and leaves a worktree as soon as that, its git dir or its mark is gone; nothing that it
 * started outlives it.
 */
export async function runSecondLook(folder: string): Promise<void> {
  let git = new Git();
  const end = (): never => {
    git.endAll('SIGKILL');
    return process.exit(0);
  };
  const over = new AbortController();
  const stop = (): void => {
    over.abort();
    git.endAll();
    setTimeout(end, graceMs).unref();
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, stop);
  }
  process.on('uncaughtException', end).on('unhandledRejection', end);
  setTimeout(stop, secondLookLimitMs).unref();
  const seen = new Set<string>();
  try {
    for (let next: string | undefined = folder; next !== undefined && !over.signal.aborted;) {
      git = new Git();
      const worktree = await openWorktree(git, next);
      seen.add(worktree.key);
      await lookAt(worktree, over.signal);
      next = await nextToLook(worktree, seen);
      closeWorktree(worktree);
    }
  } catch {
    // Whatever it was, the mark stays, and the next hook sees it.
    return end();
  }
  end();
}

/** Finishes what is open in a worktree, as long as there is something to do. What keeps it from that leaves the mark. */
async function lookAt(worktree: Worktree, over: AbortSignal): Promise<void> {
  const done = new AbortController();
  const signal = AbortSignal.any([over, done.signal]);
  let killer: NodeJS.Timeout | undefined;
  void watch(worktree, signal).then(() => {
    if (!signal.aborted) {
      done.abort();
      worktree.git.endAll();
      killer = setTimeout(() => {
        worktree.git.endAll('SIGKILL');
      }, graceMs);
    }
  });
  await Promise.allSettled([secondLook(worktree, signal)]);
  clearTimeout(killer);
  done.abort();
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
