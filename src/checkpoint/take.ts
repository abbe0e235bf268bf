import path from 'node:path';
import { BelayError } from '../errors';
import { GitError } from '../git/errors';
import { oneLine } from '../git/commit';
import { isDiskError, toleratesDisk, whenRefused } from '../git/diskErrors';
import type { Worktree } from '../git/worktree';
import { LeaseError } from '../leases/error';
import { recordHeartbeat } from '../leases/heartbeat';
import { lockHolder, withLock } from '../refs/lock';
import { sessionRef } from '../refs/names';
import { Attempts, type Taken } from './attempts';
import { canonicalPaths } from './canonical';
import { rulesText } from './ignoreRecord';
import { configuredLimits, type Limits } from './limits';
import type { CheckpointRequest, CheckpointResult } from './checkpoint';
import type { Pace } from './pace';
import { pulse } from '../refs/pulse';
import { saveStaleCheckpoint } from './stale';
import type { CaptureOrder } from './captureState';
import { dropStatCache, refreshStatCache } from './statCache';

/** From this much to read again in the next scan on, in bytes and in files, the private index is brought up to date. */
const worthRefreshing = { bytes: 4 * 1024 * 1024, files: 200 };

/** The least time, in milliseconds, that a capture with a pace gives to that. */
const refreshMs = 500;

export interface TakeOptions {
  readonly limits?: Limits;
  readonly signal?: AbortSignal | undefined;
  /** How long capturing may take; what does not fit is left out and named. Without it, as long as it takes. */
  readonly pace?: Pace | undefined;
}

/**
 * Takes a checkpoint of the worktree's files on disk and puts it on the worktree's shadow branch. When this returns,
 * the checkpoint is reachable and its objects exist. Nothing of the user's is touched.
 *
 * The capture starts after the tip that it builds on was read, and is thrown away when the tip has moved by the time it
 * is published: so no checkpoint ever shows an older state of a file than the one before it.
 * @throws BelayError or GitError when no checkpoint could be taken; none is half published then. LeaseError when the writer
 * is fenced off: then what it wanted to save is kept as a stale checkpoint, and the error says where. BelayError
 * `scan_too_long` when a look at everything does not fit the pace.
 */
export async function takeCheckpoint(
  worktree: Worktree,
  request: CheckpointRequest,
  options: TakeOptions = {},
): Promise<CheckpointResult> {
  const limits = options.limits ?? configuredLimits(worktree);
  sessionRef(request.session);
  if (oneLine(request.agent) === '') {
    throw new BelayError('usage', 'The name of the agent is missing.');
  }
  const paths = await canonicalPaths(worktree, request.paths ?? []);
  const { includes } = request;
  const named = includes && { ...includes, add: await canonicalPaths(worktree, includes.add) };
  const lock = writerLock(worktree);
  const { shared } = worktree.repository;
  const turn = { wait: limits.lockWait, signal: options.signal, shared };
  const taken = await withLock(lock, turn, async (held) => {
    const warnings = held ? [] : [await queueWarning(lock)];
    const order = {
      request: { ...request, paths, ...(named && { includes: named }) },
      limits,
      signal: options.signal,
      pace: options.pace,
    };
    try {
      return await new Attempts(worktree, order, warnings).run();
    } catch (thrown) {
      throw thrown instanceof LeaseError ? await saveFenced(worktree, order, thrown) : thrown;
    }
  });
  const { result } = taken;
  const session = { kind: 'session', name: request.session } as const;
  // What follows makes others quicker; where the disk refuses it, the checkpoint is taken all the same.
  await recordHeartbeat(worktree.repository, session).catch(toleratesDisk);
  if (result.created) {
    await pulse(worktree.repository, result.checkpoint.oid).catch(toleratesDisk);
    await keepStatCache(worktree, taken.refresh, options.pace).catch(toleratesDisk);
  }
  return result;
}

/**
 * As {@link takeCheckpoint} within an operation that reports more than its checkpoints: its warnings stay among the worktree's
 * notices, for the caller of the operation.
 * @throws as {@link takeCheckpoint}.
 */
export async function takeOnTheWay(
  worktree: Worktree,
  request: CheckpointRequest,
  options: TakeOptions = {},
): Promise<CheckpointResult> {
  const taken = await takeCheckpoint(worktree, request, options);
  for (const warning of taken.warnings) {
    worktree.notices.add(warning);
  }
  return taken;
}

/** Keeps what the writer wanted to save, and gives the refusal that it hears: also where that cannot be kept. */
async function saveFenced(worktree: Worktree, order: CaptureOrder, refusal: LeaseError): Promise<LeaseError> {
  let aside: Awaited<ReturnType<typeof saveStaleCheckpoint>>;
  try {
    aside = await saveStaleCheckpoint(worktree, order, refusal);
  } catch (thrown) {
    return refusal.keepingNothing(thrown);
  }
  const { kept, lacksSlow } = aside;
  const told = kept === undefined ? refusal : refusal.keeping(kept);
  if (kept !== undefined) {
    await pulse(worktree.repository, kept.checkpoint).catch(toleratesDisk);
  }
  return lacksSlow ? told.withoutSlowFiles() : told;
}

/** The queue in front of a worktree's shadow branch. */
export function writerLock(worktree: Worktree): string {
  return path.join(worktree.repository.belayDir, 'locks', `shadow-${worktree.key}`);
}

async function queueWarning(lock: string): Promise<string> {
  const holder = await lockHolder(lock).catch(whenRefused(undefined));
  const who =
    holder === undefined ? 'others' : `process ${holder.pid}, since ${new Date(holder.since).toISOString()}`;
  return `The queue was held for too long (by ${who}); the checkpoint was taken without waiting for a turn.`;
}

/** Losing the refresh costs the next scan some reading, never a checkpoint: a failure of git here is no failure. */
async function keepStatCache(worktree: Worktree, refresh: Taken['refresh'], pace?: Pace): Promise<void> {
  if (refresh?.capture.mode !== 'whole' || refresh.cache.away !== undefined) {
    return;
  }
  const { read, tree, ignore } = refresh.capture;
  if (read.bytes < worthRefreshing.bytes && read.paths.length < worthRefreshing.files) {
    return;
  }
  try {
    await refreshStatCache(worktree, refresh.cache, {
      tree,
      segment: refresh.segment,
      rules: rulesText(ignore),
      paths: read.paths,
      ...(pace === undefined || pace.patient ? {} : { timeLimit: Math.max(refreshMs, pace.leftMs()) }),
    });
  } catch (thrown) {
    if (!(thrown instanceof GitError) && !isDiskError(thrown)) {
      throw thrown;
    }
    if (!(thrown instanceof GitError) || thrown.failure !== 'timed_out') {
      await dropStatCache(worktree);
    }
  }
}
