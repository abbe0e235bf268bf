import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { onDisk } from '../checkpoint/hash';
import { scan } from '../checkpoint/scan';
import { openStatCache } from '../checkpoint/statCache';
import { isMissing, toleratesDisk, whenRefused } from '../git/diskErrors';
import { makeOwnFolder, writeOwnFile } from '../git/own';
import type { GitPath } from '../git/path';
import { worktreeBirth, type Repository, type Worktree } from '../git/worktree';

/** A file that changed so short a time, in milliseconds, before a look may change again without another time of change. */
const racy = 2_000;

/** More paths than these are not compared: then the worktree is taken for one that differs. */
const pathLimit = 20_000;

const record = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    at: v.number(),
    state: v.nullable(v.string()),
    left: v.boolean(),
    /** Which worktree of this key it is about. */
    born: v.optional(v.string()),
  }),
);

/** When a worktree was last looked at, and how it was. All of it may be lost: then it is covered once more. */
export interface LastLook {
  /** In milliseconds since 1970; 0 where it never was. */
  readonly at: number;
  /** What stands for the state that was then in a checkpoint; undefined where none was, or it cannot be told apart. */
  readonly state: string | undefined;
  /** It was due to be looked at since, and there was no time: the next hook looks at it first. */
  readonly left: boolean;
}

const never: LastLook = { at: 0, state: undefined, left: false };

/** The last look at the worktree with this key. Never throws: what cannot be read is as if it had not been. */
export async function lastLook(repository: Repository, key: string): Promise<LastLook> {
  const text = await readFile(lookFile(repository, key), 'utf8').catch(whenRefused(''));
  const found = v.safeParse(record, text);
  if (!found.success) {
    return never;
  }
  const { at, state, left, born } = found.output;
  const now = await worktreeBirth(repository.commonDir, key);
  return (born ?? now) === now ? { at, state: state ?? undefined, left } : never;
}

/** Notes how a worktree is now that it is covered. Where the disk refuses it, it is only looked at once more. */
export function noteLook(repository: Repository, key: string, state: string | undefined): Promise<void> {
  return write(repository, key, { at: Date.now(), state: state ?? null, left: false });
}

/** Marks a worktree as one that is to be looked at, since there was no time to. */
export async function leaveToLook(repository: Repository, key: string): Promise<void> {
  const { at, state } = await lastLook(repository, key);
  await write(repository, key, { at, state: state ?? null, left: true });
}

async function write(repository: Repository, key: string, look: v.InferOutput<typeof record>): Promise<void> {
  const born = await worktreeBirth(repository.commonDir, key);
  const file = lookFile(repository, key);
  try {
    await makeOwnFolder(repository, 'agents', 'looked');
    await writeOwnFile(repository, file, `${JSON.stringify({ ...look, born })}\n`, { mode: 0o600 });
  } catch (thrown) {
    toleratesDisk(thrown);
  }
}

function lookFile({ belayDir }: Repository, key: string): string {
  return path.join(belayDir, 'agents', 'looked', `${key}.json`);
}

/**
 * What stands for how a worktree is: one `git status` against its private index, and of each path that differs from it what
 * the file system says of its file. Two that are the same mean the same files, as far as git itself can tell without reading
 * them. Undefined where a file changed a moment ago, or too many differ.
 * @param segment the segment of its last checkpoint.
 * @throws GitError, also when it is cancelled.
 */
export async function stateOf(
  worktree: Worktree,
  segment: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const began = Date.now();
  const cache = await openStatCache(worktree, segment);
  const differing = await scan(worktree, cache.index, signal);
  if (differing.length > pathLimit) {
    return undefined;
  }
  const hash = createHash('sha256').update(`${cache.signature}\0${cache.file}\0`);
  for (const { path: name, kind } of differing) {
    const found = await statOf(worktree, name);
    if (found !== undefined && Number(found.ctimeMs) > began - racy) {
      return undefined;
    }
    const facts = found && [found.mtimeNs, found.ctimeNs, found.size, found.ino, found.mode].join(' ');
    hash.update(`${kind} ${name}\0${facts ?? ''}\0`);
  }
  return hash.digest('hex');
}

async function statOf(worktree: Worktree, name: GitPath): Promise<BigIntStats | undefined> {
  try {
    return await lstat(onDisk(worktree, name), { bigint: true });
  } catch (thrown) {
    if (isMissing(thrown)) {
      return undefined;
    }
    throw thrown;
  }
}
