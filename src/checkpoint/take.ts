import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BelayError } from '../errors';
import { GitError } from '../git/errors';
import { pathBytes, pathFromBytes, type GitPath } from '../git/path';
import { isMissing } from '../git/missing';
import type { Worktree } from '../git/worktree';
import { lockHolder, withLock } from '../refs/lock';
import { sessionRef, shadowRef } from '../refs/names';
import { capturePaths, captureWhole, namesFolder, type Capture } from './capture';
import { readBeside, readEnds, waitingHere, type Chain, type Ends } from './chain';
import { configuredLimits, type Limits } from './limits';
import { oneLine, type ParsedCheckpoint } from './message';
import type { CheckpointRequest, CheckpointResult } from './model';
import { observe, type Observed } from './observe';
import {
  draft,
  isStuck,
  mendTip,
  publish,
  publishToOverflow,
  removeFolded,
  verifyPublished,
  type Draft,
} from './publish';
import { pulse } from './pulse';
import { dropStatCache, openStatCache, refreshStatCache, type StatCache } from './statCache';

/** From this much to read again in the next scan on, in bytes and in files, the private index is brought up to date. */
const worthRefreshing = { bytes: 4 * 1024 * 1024, files: 200 };

/** How often a capture is started anew because what Belay keeps for it turned out unusable. */
const mendLimit = 5;

/** How often a session that writes from several places at once is read again beyond the usual attempts. */
const patience = 50;

export interface TakeOptions {
  readonly limits?: Limits;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Takes a checkpoint of the worktree as it is on disk and puts it on the worktree's shadow branch. When this returns,
 * the checkpoint is reachable and its objects exist. Nothing of the user's is touched.
 *
 * The capture starts after the tip that it builds on was read, and is thrown away when the tip has moved by the time it
 * is published: so no checkpoint ever shows an older state of a file than the one before it.
 * @throws BelayError or GitError when no checkpoint could be taken; none is half published then.
 */
export async function takeCheckpoint(
  worktree: Worktree,
  request: CheckpointRequest,
  options: TakeOptions = {},
): Promise<CheckpointResult> {
  const limits = options.limits ?? configuredLimits(worktree);
  sessionRef(request.session);
  if (oneLine(request.agent) === '') {
    throw new BelayError('usage', 'A checkpoint needs the name of the agent that takes it.');
  }
  const paths = await canonicalPaths(worktree, request.paths ?? []);
  const lock = writerLock(worktree);
  const taken = await withLock(lock, { wait: limits.lockWait, signal: options.signal }, async (held) => {
    const warnings = held ? [] : [await queueWarning(lock)];
    return new Attempts(worktree, { ...request, paths }, limits, options.signal, warnings).run();
  });
  const { result } = taken;
  if (result.created) {
    await afterwards(() => pulse(worktree.repository, result.checkpoint.oid));
    await afterwards(() => keepStatCache(worktree, taken.refresh));
  }
  return result;
}

/** What follows once a checkpoint has landed makes others quicker; where the disk refuses, the checkpoint is taken all the same. */
async function afterwards(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (!(thrown instanceof Error && 'syscall' in thrown)) {
      throw thrown;
    }
  }
}

/** The queue in front of a worktree's shadow branch. */
export function writerLock(worktree: Worktree): string {
  return path.join(worktree.repository.belayDir, 'locks', `shadow-${worktree.key}`);
}

async function queueWarning(lock: string): Promise<string> {
  const holder = await lockHolder(lock);
  const who =
    holder === undefined ? 'others' : `process ${holder.pid}, since ${new Date(holder.since).toISOString()}`;
  return `The queue was held for too long (by ${who}); the checkpoint was taken without waiting for a turn.`;
}

interface Taken {
  readonly result: CheckpointResult;
  readonly refresh: { cache: StatCache; capture: Capture; segment: string } | undefined;
}

/** The tries of one checkpoint: each reads the chain, captures, writes and publishes anew. */
class Attempts {
  private attempt = 0;

  constructor(
    private readonly worktree: Worktree,
    private readonly request: CheckpointRequest,
    private readonly limits: Limits,
    private readonly signal: AbortSignal | undefined,
    private readonly warnings: string[],
  ) {}

  async run(): Promise<Taken> {
    for (;;) {
      this.attempt += 1;
      this.throwIfCancelled();
      const ends = await readEnds(this.worktree, this.request.session);
      // What waits beside the chain matters only once there is something to publish: git lists it meanwhile.
      const [{ capture, observed, cache }, beside] = await both(
        this.captureMended(ends),
        readBeside(this.worktree, this.request.session),
      );
      const chain: Chain = { ...ends, ...beside };
      await mendTip(this.worktree, chain, this.request.session);
      const unchanged = this.unchanged(chain, capture, observed);
      if (unchanged !== undefined) {
        return this.nothingNew(unchanged, shadowRef(this.worktree.key), capture);
      }
      this.throwIfCancelled();
      const stored = [...capture.stored, cache.staged];
      if ((await this.worktree.plumbing.infos(stored)).some((info) => info === undefined)) {
        await this.makeAnew();
        continue;
      }
      const drafted = await draft(this.worktree, chain, capture, observed, this.request, this.limits);
      const outcome = await publish(this.worktree, chain, drafted);
      if (outcome.done || outcome.because === 'unknown') {
        if (await verifyPublished(this.worktree, drafted.checkpoint, stored)) {
          return await this.landed(drafted, capture, cache);
        }
        await this.makeAnew();
      }
      const stuck = isStuck(outcome);
      if (stuck || this.attempt >= this.limits.attempts) {
        const landedBeside = await this.overflow(chain, drafted, capture, stuck);
        if (landedBeside !== undefined) {
          return landedBeside;
        }
      }
      await sleep((2 + Math.random() * 10) * this.attempt);
    }
  }

  /**
   * Objects that the private index stands for are gone (`gc --prune=now` after somebody deleted references). It is made
   * anew from the user's, which stores them again, unless that was tried often enough.
   */
  private async makeAnew(): Promise<void> {
    if (this.attempt >= this.limits.attempts + mendLimit) {
      throw new GitError('object_missing', 'cat-file', 'objects of the checkpoint keep being removed');
    }
    await dropStatCache(this.worktree);
  }

  /** Captures; a private index that turns out unusable, is removed, or names objects that are gone, is made anew. */
  private async captureMended(
    ends: Ends,
  ): Promise<{ capture: Capture; observed: Observed; cache: StatCache }> {
    for (let mended = 0; ; mended += 1) {
      try {
        return await this.capture(ends);
      } catch (thrown) {
        if (mended >= mendLimit || !isMendable(this.worktree, thrown)) {
          throw thrown;
        }
        await dropStatCache(this.worktree);
      }
    }
  }

  private async capture(ends: Ends): Promise<{ capture: Capture; observed: Observed; cache: StatCache }> {
    const { worktree, request, limits, signal } = this;
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
    const uncovered = [...capture.uncovered, ...last.uncovered.filter((gap) => !seen.has(gap.path))];
    return { capture: { ...capture, uncovered, uncoveredMore: last.uncoveredMore }, observed, cache };
  }

  /** The checkpoint that already holds all this, if there is one and nothing waits to be folded in. */
  private unchanged(chain: Chain, capture: Capture, observed: Observed): ParsedCheckpoint | undefined {
    const last = chain.tip?.last;
    const same = this.request.always !== true && chain.tip?.tree === capture.tree && holds(last, observed);
    return same && waitingHere(this.worktree, chain).length === 0 ? last : undefined;
  }

  private nothingNew(checkpoint: ParsedCheckpoint, ref: string, capture: Capture): Taken {
    return {
      result: {
        checkpoint,
        ref,
        created: false,
        uncovered: capture.uncovered,
        attempts: this.attempt,
        warnings: this.warnings,
      },
      refresh: undefined,
    };
  }

  private async landed(drafted: Draft, capture: Capture, cache: StatCache): Promise<Taken> {
    this.warnings.push(...(await removeFolded(this.worktree, drafted.folds)));
    return {
      result: {
        checkpoint: drafted.checkpoint,
        ref: shadowRef(this.worktree.key),
        created: true,
        uncovered: capture.uncovered,
        attempts: this.attempt,
        warnings: this.warnings,
      },
      refresh: { cache, capture, segment: drafted.checkpoint.segment },
    };
  }

  /** Lands beside the chain; undefined when the session itself took another step meanwhile and all must be read again. */
  private async overflow(
    chain: Chain,
    drafted: Draft,
    capture: Capture,
    stuck: boolean,
  ): Promise<Taken | undefined> {
    const warning = stuck
      ? 'A lock file, or damage, keeps the shadow branch or the session’s reference from moving. The checkpoint is safe beside it and is folded in once that is mended; see: belay doctor'
      : `The shadow branch kept moving for ${this.attempt} attempts. The checkpoint is safe beside it and is folded in by the next one.`;
    const newest = waitingHere(this.worktree, chain).at(-1);
    const { checkpoint } = drafted;
    const same =
      this.request.always !== true &&
      newest?.checkpoint.tree === checkpoint.tree &&
      newest.checkpoint.base === checkpoint.base &&
      newest.checkpoint.staged === checkpoint.staged;
    if (same) {
      this.warnings.push(warning);
      return this.nothingNew(newest.checkpoint, newest.ref, capture);
    }
    const ref = await publishToOverflow(this.worktree, chain, drafted);
    if (ref === undefined) {
      if (this.attempt >= this.limits.attempts + patience) {
        throw new BelayError(
          'publish_failed',
          `The session moved on ${this.attempt} times while this checkpoint was taken.`,
        );
      }
      return undefined;
    }
    this.warnings.push(warning);
    if (!(await verifyPublished(this.worktree, checkpoint, capture.stored))) {
      throw new BelayError(
        'publish_failed',
        'Objects of the checkpoint were removed while it was published.',
      );
    }
    return {
      result: {
        checkpoint,
        ref,
        created: true,
        uncovered: capture.uncovered,
        attempts: this.attempt,
        warnings: this.warnings,
      },
      refresh: undefined,
    };
  }

  private throwIfCancelled(): void {
    if (this.signal?.aborted === true) {
      throw new BelayError('cancelled', 'Taking the checkpoint was cancelled.');
    }
  }
}

/** Waits for both, also when one fails, so that nothing goes on behind the back of whoever hears of the failure. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

/** Whether a capture failed over what Belay keeps for itself: somebody may have cleared its folder meanwhile. */
function isMendable(worktree: Worktree, thrown: unknown): boolean {
  const ours = worktree.repository.belayDir + path.sep;
  if (thrown instanceof GitError) {
    return ['object_missing', 'index_unusable'].includes(thrown.failure) || thrown.stderr.includes(ours);
  }
  return isMissing(thrown) && 'path' in thrown && String(thrown.path).startsWith(ours);
}

function holds(last: ParsedCheckpoint | undefined, observed: Observed): boolean {
  return last !== undefined && last.base === observed.head.oid && last.staged === observed.staged;
}

/** Losing the refresh costs the next scan some reading, never a checkpoint: a failure of git here is no failure. */
async function keepStatCache(worktree: Worktree, refresh: Taken['refresh']): Promise<void> {
  if (refresh?.capture.mode !== 'whole') {
    return;
  }
  const { read, tree } = refresh.capture;
  if (read.bytes < worthRefreshing.bytes && read.paths.length < worthRefreshing.files) {
    return;
  }
  try {
    await refreshStatCache(worktree, refresh.cache, { tree, segment: refresh.segment, paths: read.paths });
  } catch (thrown) {
    if (!(thrown instanceof GitError)) {
      throw thrown;
    }
    await dropStatCache(worktree);
  }
}

/**
 * The paths as git would name them: relative to the root, without links in their folders.
 * @throws BelayError `invalid_path` for a path outside the worktree or inside its git dir.
 */
async function canonicalPaths(worktree: Worktree, paths: readonly GitPath[]): Promise<GitPath[]> {
  const root = await realpath(worktree.root);
  const canonical: GitPath[] = [];
  for (const name of paths) {
    const folder = path.posix.dirname(name);
    const real = await realpath(Buffer.concat([Buffer.from(`${root}/`), pathBytes(folder)]), 'buffer').catch(
      (thrown: unknown) => {
        if (isMissing(thrown)) {
          return undefined;
        }
        throw thrown;
      },
    );
    const within =
      real === undefined ? path.posix.normalize(name) : inside(root, real, path.posix.basename(name));
    if (
      within === undefined ||
      within.startsWith('../') ||
      within.startsWith('/') ||
      within === '..' ||
      /(^|\/)\.git(\/|$)/i.test(within)
    ) {
      throw new BelayError(
        'invalid_path',
        `The path ${JSON.stringify(name)} is not a file of this worktree.`,
      );
    }
    canonical.push(within);
  }
  return [...new Set(canonical)];
}

function inside(root: string, folder: Buffer, base: string): GitPath | undefined {
  const rootBytes = Buffer.from(root, 'utf8');
  if (folder.equals(rootBytes)) {
    return base;
  }
  const prefix = Buffer.concat([rootBytes, Buffer.from(path.sep)]);
  if (!folder.subarray(0, prefix.length).equals(prefix)) {
    return undefined;
  }
  const relative = pathFromBytes(folder.subarray(prefix.length)).replaceAll(path.sep, '/');
  return `${relative}/${base}`;
}
