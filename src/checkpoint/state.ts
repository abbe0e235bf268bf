import path from 'node:path';
import { GitError } from '../git/errors';
import { isMissing } from '../git/missing';
import type { Worktree } from '../git/worktree';
import { capturePaths, captureWhole, inPathOrder, namesFolder, type Capture } from './capture';
import type { Ends } from './chain';
import type { Limits } from './limits';
import type { CheckpointRequest } from './model';
import { observe, type Observed } from './observe';
import { dropStatCache, openStatCache, type StatCache } from './statCache';

/** How often a capture is started anew because what Belay keeps for it turned out unusable. */
export const mendLimit = 5;

/** All that a checkpoint says of its worktree. */
export interface State {
  readonly capture: Capture;
  readonly observed: Observed;
  /** The private index that was captured with. */
  readonly cache: StatCache;
}

export interface CaptureOrder {
  readonly request: CheckpointRequest;
  readonly limits: Limits;
  readonly signal: AbortSignal | undefined;
}

/**
 * Captures the worktree on top of the ends that were read before. A private index that turns out unusable, is removed, or
 * names objects that are gone, is made anew.
 */
export async function captureState(worktree: Worktree, ends: Ends, order: CaptureOrder): Promise<State> {
  for (let mended = 0; ; mended += 1) {
    try {
      return await captureOnce(worktree, ends, order);
    } catch (thrown) {
      if (mended >= mendLimit || !isMendable(worktree, thrown)) {
        throw thrown;
      }
      await dropStatCache(worktree);
    }
  }
}

async function captureOnce(worktree: Worktree, ends: Ends, order: CaptureOrder): Promise<State> {
  const { request, limits, signal } = order;
  const last = ends.tip?.last;
  const cache = await openStatCache(worktree, last?.segment);
  const observed = await observe(worktree, cache);
  const paths = request.paths ?? [];
  const knownPathsSuffice =
    paths.length > 0 &&
    last !== undefined &&
    last.oid === ends.tip?.oid &&
    last.base === observed.head.oid &&
    !(await namesFolder(worktree, paths));
  if (!knownPathsSuffice) {
    return {
      capture: await captureWhole(worktree, cache, ends.tip?.tree, limits, signal),
      observed,
      cache,
    };
  }
  const capture = await capturePaths(worktree, paths, last.tree, limits, signal);
  // What the last scan could not cover is still not covered.
  const seen = new Set([...paths, ...capture.uncovered.map((gap) => gap.path)]);
  const uncovered = inPathOrder([
    ...capture.uncovered,
    ...last.uncovered.filter((gap) => !seen.has(gap.path) && gap.reason !== 'ignored'),
  ]);
  return { capture: { ...capture, uncovered, uncoveredMore: last.uncoveredMore }, observed, cache };
}

/** Whether a capture failed over what Belay keeps for itself: somebody may have cleared its folder meanwhile. */
function isMendable(worktree: Worktree, thrown: unknown): boolean {
  const ours = worktree.repository.belayDir + path.sep;
  if (thrown instanceof GitError) {
    return ['object_missing', 'index_unusable'].includes(thrown.failure) || thrown.stderr.includes(ours);
  }
  return isMissing(thrown) && 'path' in thrown && String(thrown.path).startsWith(ours);
}
