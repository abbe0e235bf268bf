import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { checkpointIn } from '../checkpoint/message';
import { GitError } from '../git/errors';
import { isMissing, whenMissing } from '../git/diskErrors';
import { closeWorktree, type Worktree } from '../git/worktree';
import { listWorktrees, openListed, type ListedWorktree } from '../git/worktreeList';
import { shadowRef } from '../refs/names';
import type { ToolUse } from './event';
import { mayReach } from './leads';
import { lastLook, leaveToLook, noteLook, stateOf, type LastLook } from './looked';

/** All looks of one call together take at most so long, in milliseconds; no cover begins later, either. */
const lookLimit = 1_500;
/** What was looked at so short a time ago, in milliseconds, is left out, unless the words of the call may reach it. */
const freshFor = 15_000;

/**
 * How a worktree that is not as it was last seen is covered. @returns whether it is by now, or left to a process in the background.
 * @throws when it could not be.
 */
export type CoverAll = (worktree: Worktree) => Promise<boolean>;

/** How what there was no time for is left to a process in the background. */
export type LeaveAll = (worktrees: readonly Worktree[]) => Promise<void>;

/** A worktree that is due to be looked at. */
interface Due {
  readonly worktree: Worktree;
  readonly last: LastLook;
  /** It is covered however long that takes: the call leads there. */
  readonly led: boolean;
}

/**
 * Looks at the other worktrees of the repository, since any call may destroy what is not committed in them, and covers those
 * that are not as they were last seen: the longest not looked at first, one look per core at once.
 * @param led folders of worktrees that the call leads into.
 * @returns the keys of those that there was no time for. They are left to `leave`, and come first next time.
 * @throws GitError when git cannot list the worktrees.
 */
export async function coverOthers(
  home: Worktree,
  tool: ToolUse,
  led: ReadonlySet<string>,
  {
    cover,
    leave,
    signal,
  }: { readonly cover: CoverAll; readonly leave: LeaveAll; readonly signal: AbortSignal },
): Promise<string[]> {
  const names = await readdir(path.join(home.repository.commonDir, 'worktrees')).catch(whenMissing([]));
  if (names.length === 0) {
    return [];
  }
  const due = await dueOf(home, tool, led);
  try {
    const { left, untouched } = await coverDue(home, due, { cover, signal });
    await leave(untouched);
    return left;
  } finally {
    for (const { worktree } of due) {
      closeWorktree(worktree);
    }
  }
}

async function dueOf(home: Worktree, tool: ToolUse, led: ReadonlySet<string>): Promise<Due[]> {
  const askedAt = Date.now();
  const listed = (await listWorktrees(home)).filter(
    ({ key, bare, missing }) => key !== home.key && !bare && !missing,
  );
  const due: Due[] = [];
  for (const one of listed) {
    const last = await lastLook(home.repository, one.key);
    const age = Date.now() - last.at;
    const fresh = age >= 0 && age < freshFor && !last.left;
    if (fresh && !mayReach(tool, one.root, home.root)) {
      continue;
    }
    const worktree = await openIfThere(home, one, askedAt);
    if (worktree !== undefined) {
      due.push({ worktree, last, led: led.has(worktree.gitDir) });
    }
  }
  return due.sort((a, b) => Number(b.led) - Number(a.led) || a.last.at - b.last.at);
}

/** Its git dir may be gone since it was listed. */
async function openIfThere(
  home: Worktree,
  listed: ListedWorktree,
  askedAt: number,
): Promise<Worktree | undefined> {
  try {
    return await openListed(home, listed, askedAt);
  } catch (thrown) {
    if (isMissing(thrown)) {
      return undefined;
    }
    throw thrown;
  }
}

/** The same look for worktrees that need not be of one repository; all of them are covered that are not as last seen. */
export async function coverDiffering(
  worktrees: readonly Worktree[],
  { cover, signal }: { readonly cover: CoverAll; readonly signal: AbortSignal },
): Promise<void> {
  for (const worktree of worktrees) {
    const last = await lastLook(worktree.repository, worktree.key);
    await coverDue(worktree, [{ worktree, last, led: true }], { cover, signal });
  }
}

/** @param via a worktree of the repository of all of them. */
async function coverDue(
  via: Worktree,
  due: readonly Due[],
  { cover, signal }: { readonly cover: CoverAll; readonly signal: AbortSignal },
): Promise<{ readonly left: string[]; readonly untouched: Worktree[] }> {
  const time = AbortSignal.any([signal, AbortSignal.timeout(lookLimit)]);
  const segments = await segmentsOf(via, due);
  const looked = new Map<Due, string | undefined>();
  const waiting = [...due];
  const look = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const segment = segments.get(one.worktree.key);
      if (segment === undefined) {
        looked.set(one, undefined);
      } else if (!time.aborted) {
        await stateOf(one.worktree, segment, time).then(
          (state) => looked.set(one, state),
          (thrown: unknown) => {
            unlessUnanswered(thrown);
          },
        );
      }
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, look));
  const left: string[] = [];
  const untouched: Worktree[] = [];
  let begun = 0;
  for (const one of due) {
    const { worktree, last, led } = one;
    const { repository, key } = worktree;
    const state = looked.get(one);
    if (state !== undefined && state === last.state) {
      await noteLook(repository, key, state);
      continue;
    }
    // Where there was time for a look, the first that differs is covered whatever is left of it.
    const inTime = !time.aborted || (looked.has(one) && begun === 0);
    begun += 1;
    if (!led && !inTime) {
      await leaveToLook(repository, key);
      left.push(key);
      untouched.push(worktree);
      continue;
    }
    try {
      if (await cover(worktree)) {
        await noteLook(repository, key, state);
      } else {
        await leaveToLook(repository, key);
        left.push(key);
      }
    } catch (thrown) {
      if (!(thrown instanceof Error)) {
        throw thrown;
      }
      // Its own mark says why; that of one must not keep the others from being covered.
      await leaveToLook(repository, key);
      left.push(key);
    }
  }
  return { left, untouched };
}

/** The segments of the last checkpoints, by the worktree's key; none where there is no checkpoint, or another's commit. */
async function segmentsOf(via: Worktree, due: readonly Due[]): Promise<Map<string, string>> {
  const keys = due.map(({ worktree }) => worktree.key);
  const tips = keys.length === 0 ? [] : await via.plumbing.objects(keys.map(shadowRef));
  return new Map(
    tips.flatMap((tip, at) => {
      const last = checkpointIn(tip);
      const key = keys[at];
      return last === undefined || key === undefined || last.worktree !== key ? [] : [[key, last.segment]];
    }),
  );
}

/** A look that git could not make, or that took too long, has not been made: the worktree is covered, or left. */
function unlessUnanswered(thrown: unknown): void {
  if (!(thrown instanceof GitError) && !(thrown instanceof Error && 'syscall' in thrown)) {
    throw thrown;
  }
}
