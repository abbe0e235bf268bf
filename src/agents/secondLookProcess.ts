import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { storeAhead } from '../checkpoint/ahead';
import { configuredLimits } from '../checkpoint/limits';
import { isScanTooLong, Pace } from '../checkpoint/pace';
import { slowPaths } from '../checkpoint/paced';
import type { CheckpointResult } from '../checkpoint/checkpoint';
import { takeCheckpoint } from '../checkpoint/take';
import { sinceStart } from '../git/clock';
import { whenRefused } from '../git/diskErrors';
import type { GitPath } from '../git/path';
import { closeWorktree, type Worktree } from '../git/worktree';
import { listWorktrees, openListed } from '../git/worktreeList';
import { LeaseError } from '../leases/error';
import { lockHolder, withLock } from '../refs/lock';
import { leaseOfSession } from '../sessions/lifecycle';
import { closeOpen } from './gaps';
import { openIn, type Asker, type Open } from './mark';
import { scanBudgetOf } from './hookSettings';
import { isGivenUp, noteFits, noteGivenUp, readSlowness } from './slowness';

/** What the hook's program is called with to take the second look at the worktree of a folder. */
export const secondLookArgument = '@second-look';

/** No second look takes longer than this, in milliseconds, whatever is left then. */
export const secondLookLimitMs = 10 * 60_000;

/** How long it may hold the queue at once, in milliseconds, so that hooks go on beside it. */
const turnMs = 3_000;

/** So many paths are captured in one turn where looking itself is slow. */
const pathsPerTurn = 500;

/** After so many passes that stored nothing more it gives up. */
const triesWithoutProgress = 3;

/** The longest pause between two passes, in milliseconds. */
const longestRestMs = 30_000;

/**
 * Starts the process that finishes what hooks have no time for: one per worktree, of low priority, and nobody waits for it.
 * Where one is at it, that one sees what is open when it is done with what it knows.
 */
export async function startSecondLook(program: readonly string[], worktree: Worktree): Promise<void> {
  if (!(await mayLook(worktree))) {
    return;
  }
  const child = spawn(process.execPath, [...program, secondLookArgument, worktree.root], {
    detached: true,
    stdio: 'ignore',
    windowsHide: true,
    // Never inside of the worktree, which may be removed meanwhile.
    cwd: path.parse(worktree.root).root,
    env: { ...process.env, NODE_V8_COVERAGE: undefined },
  });
  // What cannot be started leaves the mark, and the next hook tries again.
  child.on('error', () => undefined);
  child.unref();
}

/**
 * The root of another worktree of the repository that has something open which nobody is at; undefined where there is none.
 * @param seen the keys of those that this process has been at.
 */
export async function nextToLook(worktree: Worktree, seen: ReadonlySet<string>): Promise<string | undefined> {
  const askedAt = Date.now();
  for (const listed of await listWorktrees(worktree)) {
    if (seen.has(listed.key) || listed.bare || listed.missing) {
      continue;
    }
    const other = await openListed(worktree, listed, askedAt).catch(whenRefused(undefined));
    if (other === undefined) {
      continue;
    }
    try {
      const open = await openIn(other);
      if (open.some(({ asked }) => asked !== undefined) && (await mayLook(other))) {
        return other.root;
      }
    } finally {
      closeWorktree(other);
    }
  }
  return undefined;
}

/** Whether nobody is at it, and the last one has not just found that it can do no more. */
async function mayLook(worktree: Worktree): Promise<boolean> {
  return (await secondLookAt(worktree)) === undefined && !isGivenUp(await readSlowness(worktree));
}

/** The process that is at a second look here; undefined where there is none, or that cannot be read. */
export async function secondLookAt(worktree: Worktree): Promise<{ readonly pid: number } | undefined> {
  const holder = await lockHolder(lockOf(worktree)).catch(whenRefused(undefined));
  return holder === undefined || holder.dead ? undefined : { pid: holder.pid };
}

/**
 * Finishes what is open in a worktree, again and again while hooks leave more. It ends by itself when nothing is open, when
 * nothing more can be done, and, by `signal`, when its time is up or the worktree or its mark is gone.
 * @throws what keeps a checkpoint from being taken; the mark then stays.
 */
export async function secondLook(worktree: Worktree, signal: AbortSignal): Promise<void> {
  lowerPriority();
  const { shared } = worktree.repository;
  await withLock(lockOf(worktree), { wait: 0, signal, shared }, async (held) => {
    let [slowBefore, idle] = [Number.POSITIVE_INFINITY, 0];
    while (held && !signal.aborted && idle < triesWithoutProgress) {
      const open = await openIn(worktree);
      const by = open.flatMap(({ asked }) => asked ?? []).at(-1);
      if (by === undefined) {
        return;
      }
      const began = sinceStart();
      const slow = await new Pass(worktree, by, signal).run(open);
      idle = slow.length > 0 && slow.length >= slowBefore ? idle + 1 : 0;
      slowBefore = slow.length === 0 ? Number.POSITIVE_INFINITY : slow.length;
      // Half of the time is the others'.
      await sleep(Math.min(Math.max(sinceStart() - began, 500), longestRestMs), undefined, { signal });
    }
    if (held && !signal.aborted) {
      await noteGivenUp(worktree);
    }
  });
}

/** One look at what is open, in the name of the session that asked last. */
class Pass {
  constructor(
    private readonly worktree: Worktree,
    private readonly by: Asker,
    private readonly signal: AbortSignal,
  ) {}

  /** @returns the files that are still too slow. */
  async run(open: readonly Open[]): Promise<readonly GitPath[]> {
    const { worktree, by, signal } = this;
    const limits = configuredLimits(worktree);
    const ahead = await storeAhead(worktree, by.session, {
      limits,
      signal,
      pace: new Pace(secondLookLimitMs),
    });
    const fits = ahead.lookMs < scanBudgetOf(worktree);
    try {
      const slow = (fits ? await this.takeAll() : undefined) ?? (await this.takeNamed(ahead.paths));
      if (slow.length === 0) {
        await closeOpen(worktree, open);
        if (fits && (await readSlowness(worktree))?.what === 'look') {
          await noteFits(worktree);
        }
      }
      return slow;
    } catch (thrown) {
      if (!(thrown instanceof LeaseError)) {
        throw thrown;
      }
      if (ahead.notReady.length > 0) {
        // What was kept aside lacks them: the next pass finds them stored.
        return ahead.notReady;
      }
      if (thrown.unkept !== undefined) {
        throw thrown;
      }
      // What a fenced session wanted to save is kept aside: more than that nobody can do for it.
      await closeOpen(worktree, open);
      return [];
    }
  }

  /** Everything, in one turn; undefined where that does not fit into one. */
  private async takeAll(): Promise<GitPath[] | undefined> {
    try {
      const { uncovered } = await this.take(undefined, new Pace(turnMs, { patient: true }));
      return slowPaths(uncovered);
    } catch (thrown) {
      if (!isScanTooLong(thrown)) {
        throw thrown;
      }
      return undefined;
    }
  }

  /** What was seen to differ, some at a time: each in its state at that time, and hooks have their turns in between. */
  private async takeNamed(paths: readonly GitPath[]): Promise<GitPath[]> {
    const slow = new Set<GitPath>();
    for (let at = 0; at < paths.length; at += pathsPerTurn) {
      const named = paths.slice(at, at + pathsPerTurn);
      const { uncovered } = await this.take(named, new Pace(turnMs, { looks: false }));
      const left = new Set(slowPaths(uncovered));
      named.filter((name) => left.has(name)).forEach((name) => slow.add(name));
    }
    return [...slow];
  }

  private async take(paths: readonly GitPath[] | undefined, pace: Pace): Promise<CheckpointResult> {
    const { worktree, by, signal } = this;
    const request = {
      session: by.session,
      agent: by.agent,
      leases: await this.tokens(),
      message: 'Cover what hooks had no time for',
      task: by.task,
      ...(paths === undefined ? {} : { paths }),
    };
    return takeCheckpoint(worktree, request, { limits: configuredLimits(worktree), signal, pace });
  }

  /** The tokens of the session, as long as its lease is held by anybody: one that was released needs none, as for any writer. */
  private async tokens(): Promise<readonly string[]> {
    const lease = await leaseOfSession(this.worktree, this.by.session);
    return lease?.status === 'held' ? this.by.leases : [];
  }
}

function lowerPriority(): void {
  try {
    setPriority(19);
  } catch (thrown) {
    if (!(thrown instanceof Error)) {
      throw thrown;
    }
  }
}

function lockOf({ repository, key }: Worktree): string {
  return path.join(repository.belayDir, 'locks', `second-look-${key}`);
}
