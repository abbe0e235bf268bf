import path from 'node:path';
import { GitError } from '../git/errors';
import { isMissing } from '../git/diskErrors';
import type { GitPath } from '../git/path';
import { worktreeBirth, type Worktree } from '../git/worktree';
import { captureWhole, inPathOrder, type Capture } from './capture';
import { capturePaths, namesFolder } from './capturePaths';
import type { ChainTips } from './chain';
import type { Limits } from './limits';
import {
  isWithin,
  readIgnoreRecord,
  recordText,
  withIncludes,
  writeIgnoreRecord,
  type IgnoreRecord,
} from './ignoreRecord';
import type { ParsedCheckpoint } from './message';
import type { CheckpointRequest, Uncovered } from './checkpoint';
import { headTree, observe, type Observed } from './observe';
import { isScanTooLong, type Pace } from './pace';
import { dropStatCache, openStatCache, type StatCache } from './statCache';
import { forgetStored } from './stored';
import { editTree } from './trees';

/** How often a capture is started anew because what Belay keeps for it turned out unusable. */
export const repairLimit = 5;

/** All that a checkpoint says of its worktree. */
export interface State {
  readonly capture: Capture;
  readonly observed: Observed;
  /** The private index that was captured with. */
  readonly cache: StatCache;
  /** The commit that holds the ignore rules; undefined where there are none. */
  readonly rules: string | undefined;
  /** When the worktree was made; undefined for the main one. */
  readonly born: string | undefined;
}

export interface CaptureOrder {
  readonly request: CheckpointRequest;
  readonly limits: Limits;
  readonly signal: AbortSignal | undefined;
  /** How long it may take; undefined: as long as it takes. */
  readonly pace?: Pace | undefined;
}

/**
 * Captures the worktree on top of the ends that were read before. A private index that turns out unusable, is removed, or
 * names objects that are gone, is made anew.
 * @throws BelayError `scan_too_long` where a look at everything was asked for and does not fit the pace.
 */
export async function captureState(worktree: Worktree, ends: ChainTips, order: CaptureOrder): Promise<State> {
  order.pace?.begin();
  for (let repairs = 0; ; repairs += 1) {
    try {
      return await captureOnce(worktree, ends, order);
    } catch (thrown) {
      if (repairs >= repairLimit || !isRepairable(worktree, thrown)) {
        throw thrown;
      }
      await dropStatCache(worktree);
      await forgetStored(worktree);
    }
  }
}

async function captureOnce(worktree: Worktree, ends: ChainTips, order: CaptureOrder): Promise<State> {
  const { request } = order;
  const born = await worktreeBirth(worktree.repository.commonDir, worktree.key);
  const isOthers = isOfEarlierWorktree(ends.tip?.last, born);
  // A worktree that was made anew under the same name starts from nothing; only the chain goes on.
  const last = isOthers ? undefined : ends.tip?.last;
  const tree = isOthers ? undefined : ends.tip?.tree;
  const cache = await openStatCache(worktree, last?.segment);
  try {
    const [observed, recorded] = await Promise.all([
      observe(worktree, cache),
      readIgnoreRecord(worktree, last?.rules),
    ]);
    const known = { last, tip: ends.tip?.oid, tree, ignore: withIncludes(recorded, request.includes) };
    const capture =
      (await captureMovedAside(worktree, known, order, cache)) ??
      (await captureAll(worktree, known, order, { cache, observed })) ??
      (await captureNamed(worktree, known, order, cache));
    const rules =
      recordText(capture.ignore) === recordText(recorded)
        ? last?.rules
        : await writeIgnoreRecord(worktree, capture.ignore);
    return { capture, observed, cache, born, rules };
  } finally {
    await cache.away?.remove();
  }
}

/** What a capture starts from. */
interface Known {
  readonly last: ParsedCheckpoint | undefined;
  /** The newest commit of the chain, which another process may have put there. */
  readonly tip: string | undefined;
  readonly tree: string | undefined;
  readonly ignore: IgnoreRecord;
}

/** Everything, unless the named paths suffice, or there is no time for more than those: then undefined. */
async function captureAll(
  worktree: Worktree,
  { last, tip, tree, ignore }: Known,
  { request, limits, signal, pace }: CaptureOrder,
  { cache, observed }: { readonly cache: StatCache; readonly observed: Observed },
): Promise<Capture | undefined> {
  const paths = request.paths ?? [];
  const isNamed = paths.length > 0;
  const suffices =
    isNamed &&
    request.includes === undefined &&
    last !== undefined &&
    last.oid === tip &&
    last.base === observed.head.oid &&
    !(await namesFolder(worktree, paths));
  if (suffices || (isNamed && pace?.looks === false)) {
    return undefined;
  }
  try {
    const captured = tree ?? (await headTree(worktree, observed.head));
    return await captureWhole(worktree, cache, { tree, ignore, captured }, limits, signal, pace);
  } catch (thrown) {
    if (!isNamed || !isScanTooLong(thrown)) {
      throw thrown;
    }
    pace?.giveUp();
    return undefined;
  }
}

/** The named paths alone, on what the last checkpoint has, or on what git has where there is none. */
async function captureNamed(
  worktree: Worktree,
  { last, tree, ignore }: Known,
  { request, limits, signal, pace }: CaptureOrder,
  cache: StatCache,
): Promise<Capture> {
  const paths = request.paths ?? [];
  const before = { tree: last?.tree ?? tree ?? cache.tree, ignore, sparse: cache.sparse };
  const capture = await capturePaths(worktree, paths, before, limits, signal, pace);
  const uncovered = withEarlierGaps(capture.uncovered, last?.uncovered ?? [], paths);
  return { ...capture, uncovered, uncoveredMore: last?.uncoveredMore ?? 0 };
}

/** What was moved aside, on what the last checkpoint has; undefined where nothing is said to have been. */
async function captureMovedAside(
  worktree: Worktree,
  { last, tree, ignore }: Known,
  { request: { movedAside } }: CaptureOrder,
  cache: StatCache,
): Promise<Capture | undefined> {
  if (movedAside === undefined) {
    return undefined;
  }
  const paths = [...movedAside.keys()];
  const edited = await editTree(worktree.plumbing, last?.tree ?? tree ?? cache.tree, movedAside);
  return {
    mode: 'paths',
    tree: edited,
    uncovered: withEarlierGaps([], last?.uncovered ?? [], paths),
    uncoveredMore: last?.uncoveredMore ?? 0,
    ignore,
    stored: [edited, ...[...movedAside.values()].map(({ oid }) => oid)],
    read: { paths: [], bytes: 0 },
  };
}

/** Whether a checkpoint is that of another worktree, which had the same key before. */
export function isOfEarlierWorktree(last: ParsedCheckpoint | undefined, born: string | undefined): boolean {
  return last?.worktreeBorn !== undefined && born !== undefined && last.worktreeBorn !== born;
}

/** What the last scan could not cover is still not covered. */
function withEarlierGaps(
  gaps: readonly Uncovered[],
  earlier: readonly Uncovered[],
  paths: readonly GitPath[],
): Uncovered[] {
  const folders = earlier.filter(({ reason }) => reason === 'ignored_before');
  const named = gaps.map((gap) =>
    gap.reason === 'ignored_before'
      ? (folders.find((folder) => isWithin(gap.path, folder.path)) ?? gap)
      : gap,
  );
  const seen = new Set([...paths, ...named.map((gap) => gap.path)]);
  const others = earlier.filter((gap) => !seen.has(gap.path) && gap.reason !== 'ignored');
  return inPathOrder([...new Map([...named, ...others].map((gap) => [gap.path, gap])).values()]);
}

/** Whether a capture failed over Belay's own files: its folder may have been cleared in between. */
function isRepairable(worktree: Worktree, thrown: unknown): boolean {
  const ours = worktree.repository.belayDir + path.sep;
  if (thrown instanceof GitError) {
    return ['object_missing', 'index_unusable'].includes(thrown.failure) || thrown.stderr.includes(ours);
  }
  return isMissing(thrown) && 'path' in thrown && String(thrown.path).startsWith(ours);
}
