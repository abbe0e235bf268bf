import { sinceStart } from '../git/clock';
import { GitError } from '../git/errors';
import type { GitPath } from '../git/path';
import { Again, retry } from '../git/retry';
import type { Worktree } from '../git/worktree';
import { readTips } from './chain';
import { leaveOutExcess } from './excess';
import { hashPaths, look, type Hashed } from './hash';
import type { Limits } from './limits';
import { storeFiles } from './paced';
import type { Pace } from './pace';
import { scan, type ScannedPath } from './scan';
import { dropStatCache, openStatCache } from './statCache';
import { readStored, stampOf } from './stored';

/**
 * Looks at the whole worktree outside of the queue, and stores what has changed, so that the checkpoint that follows finds the
 * slow files stored. Nothing is published by it.
 * @returns the paths that differ from the private index: what is worth a look, never what is in them; the slow ones that the
 * checkpoint will have to store again; and how long the look took, in milliseconds.
 * @throws GitError when git does not come to its end.
 */
export async function storeAhead(
  worktree: Worktree,
  session: string,
  bounds: { readonly limits: Limits; readonly pace: Pace; readonly signal: AbortSignal },
): Promise<{
  readonly paths: readonly GitPath[];
  readonly notReady: readonly GitPath[];
  readonly lookMs: number;
}> {
  const began = sinceStart();
  const { limits, pace, signal } = bounds;
  const scanned = await scanFresh(worktree, session, signal);
  const lookMs = sinceStart() - began;
  const paths = (...kinds: readonly ScannedPath['kind'][]): GitPath[] =>
    scanned.flatMap(({ path, kind }) => (kinds.includes(kind) ? [path] : []));
  const untracked = paths('untracked');
  const found = await look(worktree, [...paths('changed'), ...untracked]);
  await leaveOutExcess(worktree, limits, found, untracked);
  pace.begin();
  const hashed = await hashPaths(worktree, found, signal, (where, files, what) =>
    storeFiles(where, files, what, pace, signal),
  );
  const slow = [...hashed].flatMap(([name, result]) =>
    result.kind === 'stored' ? (result.slow ? [name] : []) : isTooSlow(result) ? [name] : [],
  );
  return {
    paths: [...found.keys(), ...paths('deleted')],
    notReady: await notRemembered(worktree, slow),
    lookMs,
  };
}

function isTooSlow(result: Hashed): boolean {
  return result.kind === 'uncovered' && result.reason === 'too_slow';
}

/** Those that the next capture would have to store again: they were written to just now, or there was no time for them. */
async function notRemembered(worktree: Worktree, names: readonly GitPath[]): Promise<GitPath[]> {
  const stored = names.length === 0 ? undefined : await readStored(worktree);
  const left: GitPath[] = [];
  for (const name of names) {
    const before = stored?.get(name);
    if (before === undefined || before.stamp !== (await stampOf(worktree, name))?.text) {
      left.push(name);
    }
  }
  return left;
}

/** A look with a private index that what is ignored by now has not got into. */
async function scanFresh(
  worktree: Worktree,
  session: string,
  signal: AbortSignal,
): Promise<readonly ScannedPath[]> {
  return retry({ tries: 3 }, async () => {
    const ends = await readTips(worktree, session);
    const cache = await openStatCache(worktree, ends.tip?.last.segment);
    try {
      const scanned = await scan(worktree, cache.index, signal);
      if (cache.segment === undefined || !scanned.some(({ path }) => /(^|\/)\.gitignore$/.test(path))) {
        return scanned;
      }
      await dropStatCache(worktree);
    } finally {
      await cache.away?.remove();
    }
    return new Again(new GitError('index_unusable', 'status', 'what is ignored keeps changing'));
  });
}
