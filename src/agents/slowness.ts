import { readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { toleratesDisk, whenRefused } from '../git/diskErrors';
import { makeOwnFolder, writeOwnFile } from '../git/own';
import { parsePathText, pathText, type GitPath } from '../git/path';
import { uniqueName } from '../git/unique';
import { worktreeBirth, type Worktree } from '../git/worktree';

const minuteMs = 60_000;

/** The longest that hooks go without a look, in milliseconds. */
const longestPauseMs = 16 * minuteMs;

/** So many slow files are named; where there are more, looking itself counts as slow. */
export const namedSlow = 1_000;

const record = v.object({
  /** What takes too long: `look` the look itself, or storing very many files; `files` storing a few. */
  what: v.picklist(['look', 'files']),
  /** How often it did without fitting in between. */
  times: v.number(),
  /** Since when, and when a hook tries again, in milliseconds since 1970. */
  since: v.number(),
  until: v.number(),
  /** Until when no second look is begun, after one that stored nothing more. */
  givenUp: v.optional(v.number()),
  paths: v.array(v.string()),
  /** Which worktree of this key it is about. */
  born: v.optional(v.string()),
});

/** That looking at everything takes too long in a worktree. */
export interface Slowness {
  readonly what: 'look' | 'files';
  readonly times: number;
  readonly since: number;
  readonly until: number;
  readonly givenUp?: number | undefined;
  /** The slow files, as far as they are known. */
  readonly paths: readonly GitPath[];
}

/** What is known of it; undefined where the last look fitted, or nothing can be read. */
export async function readSlowness(worktree: Worktree): Promise<Slowness | undefined> {
  const text = await readFile(fileOf(worktree), 'utf8').catch(whenRefused(''));
  const found = v.safeParse(v.pipe(v.string(), v.parseJson(), record), text);
  const born = found.success ? await bornOf(worktree) : undefined;
  return found.success && (found.output.born ?? born) === born
    ? { ...found.output, paths: found.output.paths.map(parsePathText) }
    : undefined;
}

/** Whether a hook waits before it tries again: never longer than the longest pause, also where a clock was set. */
export function isPaused(slowness: Slowness | undefined, now = Date.now()): boolean {
  return slowness !== undefined && slowness.until > now && slowness.until - now <= longestPauseMs;
}

/** Whether the process that finishes looks has found that it can do no more, and waits as well. */
export function isGivenUp(slowness: Slowness | undefined, now = Date.now()): boolean {
  const { givenUp = 0 } = slowness ?? {};
  return givenUp > now && givenUp - now <= longestPauseMs;
}

/** The second look could do no more. */
export async function noteGivenUp(worktree: Worktree): Promise<void> {
  const before = await readSlowness(worktree);
  if (before !== undefined) {
    await write(worktree, { ...before, givenUp: Date.now() + pauseMs(before.times) });
  }
}

/** Puts down that a look took too long: the next ones are tried after 1, 2, 4, 8 and then each 16 minutes. */
export async function noteTooLong(worktree: Worktree, slow: readonly GitPath[] | undefined): Promise<void> {
  const before = await readSlowness(worktree);
  const now = Date.now();
  const times = (before?.times ?? 0) + 1;
  const few = slow !== undefined && slow.length <= namedSlow;
  await write(worktree, {
    what: few ? 'files' : 'look',
    times,
    since: before?.since ?? now,
    until: now + pauseMs(times),
    paths: (slow ?? []).slice(0, namedSlow),
  });
}

function pauseMs(times: number): number {
  return Math.min(longestPauseMs, minuteMs * 2 ** (times - 1));
}

/** The disk may refuse it: the next hook then tries again at once. */
async function write(worktree: Worktree, next: Slowness): Promise<void> {
  const born = await bornOf(worktree);
  const text = JSON.stringify({ ...next, paths: next.paths.map(pathText), born });
  try {
    const folder = await makeOwnFolder(worktree.repository, 'agents', 'slow');
    const fresh = path.join(folder, `${worktree.key}~${uniqueName()}`);
    await writeOwnFile(worktree.repository, fresh, text, { mode: 0o600 });
    await rename(fresh, fileOf(worktree));
  } catch (thrown) {
    toleratesDisk(thrown);
  }
}

/** A look has come to its end in time. */
export async function noteFits(worktree: Worktree): Promise<void> {
  await rm(fileOf(worktree), { force: true }).catch(whenRefused(undefined));
}

function bornOf({ repository, key }: Worktree): Promise<string | undefined> {
  return worktreeBirth(repository.commonDir, key);
}

function fileOf({ repository, key }: Worktree): string {
  return path.join(repository.belayDir, 'agents', 'slow', key);
}
