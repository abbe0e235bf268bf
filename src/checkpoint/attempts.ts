import { setTimeout as sleep } from 'node:timers/promises';
import { BelayError, throwIfCancelled } from '../errors';
import { sinceStart } from '../git/clock';
import { GitError } from '../git/errors';
import { jitterMs } from '../git/retry';
import { openGuard, type Guard } from '../leases/guard';
import type { Worktree } from '../git/worktree';
import { setAside } from '../refs/foreign';
import { shadowRef } from '../refs/names';
import { inPathOrder, type Capture } from './capture';
import { acknowledge, lostStill, lostWords, type Lost } from './acknowledged';
import { newestFor, readOtherTips, settleTips, overflowOf, type Chain, type Misused } from './chain';
import { namedPaths, type ParsedCheckpoint } from './message';
import type { CheckpointResult, Uncovered } from './checkpoint';
import type { Observed } from './observe';
import { buildCommit, type Draft } from './draft';
import { repairTip, removeFolded } from './repairTip';
import { keepPending, landPending, ReferencesLocked } from './pending';
import { isStuck, publish, publishToOverflow, verifyPublished } from './publish';
import {
  captureState,
  isOfEarlierWorktree,
  repairLimit,
  type CaptureOrder,
  type State,
} from './captureState';
import { dropStatCache, type StatCache } from './statCache';
import { forgetStored } from './stored';

/** How often a session that writes from several places at once is read again beyond the usual attempts. */
const extraAttempts = 50;

const cancelledMessage = 'Taking the checkpoint was cancelled.';

/** How a checkpoint ended, and what to bring the private index up to date with. */
export interface Taken {
  readonly result: CheckpointResult;
  readonly refresh?: { readonly cache: StatCache; readonly capture: Capture; readonly segment: string };
}

/** The tries of one checkpoint: each reads the chain, captures, writes and publishes anew. */
export class Attempts {
  private attempt = 0;
  private readonly began = sinceStart();

  constructor(
    private readonly worktree: Worktree,
    private readonly order: CaptureOrder,
    private readonly warnings: string[],
  ) {}

  async run(): Promise<Taken> {
    if (await this.oneLockForAll()) {
      await landPending(this.worktree);
    }
    for (;;) {
      this.attempt += 1;
      throwIfCancelled(this.order.signal, cancelledMessage);
      let taken: Taken | undefined;
      try {
        taken = await this.once();
      } catch (thrown) {
        if (!(thrown instanceof GitError) || thrown.failure !== 'object_missing') {
          throw thrown;
        }
        await this.reseed(thrown);
      }
      if (taken !== undefined) {
        return taken;
      }
    }
  }

  /** One try; undefined when all must be read again. */
  private async once(): Promise<Taken | undefined> {
    const { session } = this.order.request;
    const [guard, ends] = await allSettledPair(
      openGuard(this.worktree, this.order.request),
      settleTips(this.worktree, session),
    );
    // What waits beside the chain matters only once there is something to publish: git lists it in parallel.
    const [captured, beside] = await allSettledPair(
      captureState(this.worktree, ends, this.order),
      readOtherTips(this.worktree, session),
    );
    if (await this.cleared(beside.misused)) {
      return undefined;
    }
    const state = {
      ...captured,
      capture: withGaps(captured.capture, this.order.request.alsoUncovered ?? []),
    };
    const { capture, cache } = state;
    const chain: Chain = { ...ends, ...beside };
    await repairTip(this.worktree, guard, chain, session);
    const unchanged = this.unchanged(chain, state);
    if (unchanged !== undefined) {
      await this.tellOfLost(lostStill(this.worktree));
      return { result: this.result(unchanged, shadowRef(this.worktree.key), false, capture) };
    }
    throwIfCancelled(this.order.signal, cancelledMessage);
    const stored = [...capture.stored, cache.staged, ...(state.rules === undefined ? [] : [state.rules])];
    if ((await this.worktree.plumbing.infos(stored)).some((info) => info === undefined)) {
      await this.reseed();
      return undefined;
    }
    const drafted = await buildCommit(this.worktree, chain, state, this.order.request, this.order.limits);
    const outcome = await publish(this.worktree, guard, chain, drafted);
    if (outcome.done || outcome.reason === 'unknown') {
      if (await verifyPublished(this.worktree, drafted.checkpoint, stored)) {
        this.warnings.push(...(await removeFolded(this.worktree, guard, drafted.folds)));
        const { checkpoint } = drafted;
        await this.tellOfLost(acknowledge(this.worktree, checkpoint));
        const result = this.result(checkpoint, shadowRef(this.worktree.key), true, capture);
        return { result, refresh: { cache, capture, segment: checkpoint.segment } };
      }
    }
    if (outcome.done || outcome.reason === 'unknown' || outcome.reason === 'missing') {
      await this.reseed();
    }
    await guard.check();
    if (!outcome.done && outcome.reason === 'locked' && (await this.oneLockForAll())) {
      await this.waitOrKeep(drafted.checkpoint.oid);
      return undefined;
    }
    const stuck = isStuck(outcome);
    const isThere = outcome.done || outcome.reason !== 'missing';
    if (isThere && (stuck || this.attempt >= this.order.limits.attempts)) {
      const landedBeside = await this.overflow(guard, chain, drafted, { ...capture, stored }, stuck);
      if (landedBeside !== undefined) {
        return landedBeside;
      }
    }
    await sleep(jitterMs(this.attempt));
    return undefined;
  }

  private async oneLockForAll(): Promise<boolean> {
    return (await this.worktree.repository.refFormat()) === 'reftable';
  }

  /**
   * Nothing can land anywhere while the one lock is held; git itself has waited for it a while. That is no race that was lost.
   * @throws ReferencesLocked once it was waited for as long as it may be.
   */
  private async waitOrKeep(oid: string): Promise<void> {
    if (sinceStart() - this.began >= this.order.limits.lockWait) {
      throw new ReferencesLocked((await keepPending(this.worktree, oid)) ? oid : undefined);
    }
    this.attempt -= 1;
    await sleep(jitterMs(1));
  }

  /** Sets aside what stands where Belay's references are and is none of its own. @returns whether all must be read again. */
  private async cleared(misused: readonly Misused[]): Promise<boolean> {
    let cleared = false;
    for (const { ref, to } of this.attempt > this.order.limits.attempts ? [] : misused) {
      const known = await newestFor(this.worktree, ref, this.order.request.session);
      cleared = (await setAside(this.worktree, ref, known ?? to)) || cleared;
    }
    return cleared;
  }

  /** What git cannot tell of earlier checkpoints is unknown, and no failure of this one. */
  private async tellOfLost(look: Promise<Lost | undefined>): Promise<void> {
    try {
      const lost = await look;
      if (lost !== undefined) {
        this.warnings.push(`${lostWords(lost)}. See: belay doctor`);
      }
    } catch (thrown) {
      if (!(thrown instanceof GitError)) {
        throw thrown;
      }
    }
  }

  /**
   * Objects that the private index stands for are gone (`gc --prune=now` after references were deleted). It is made
   * again from the user's, which stores them again, unless that was tried often enough.
   */
  private async reseed(thrown?: GitError): Promise<void> {
    if (this.attempt >= this.order.limits.attempts + repairLimit) {
      throw (
        thrown ?? new GitError('object_missing', 'cat-file', 'objects of the checkpoint keep being removed')
      );
    }
    await dropStatCache(this.worktree);
    await forgetStored(this.worktree);
  }

  /** The checkpoint that already holds all this, if there is one and nothing waits to be folded in. */
  private unchanged(chain: Chain, { capture, observed, rules, born }: State): ParsedCheckpoint | undefined {
    const last = chain.tip?.last;
    const same =
      holds(last, observed) &&
      this.isEnough(last) &&
      chain.tip?.tree === capture.tree &&
      last.rules === rules &&
      !isOfEarlierWorktree(last, born) &&
      hasSameGaps(last, capture);
    return same && overflowOf(this.worktree, chain).length === 0 ? last : undefined;
  }

  /** Whether a checkpoint that holds all this already is as good as a new one. */
  private isEnough({ session, task }: ParsedCheckpoint): boolean {
    const { request } = this.order;
    return request.always === 'unless_own'
      ? session === request.session && task === request.task
      : request.always !== true;
  }

  private result(
    checkpoint: ParsedCheckpoint,
    ref: string,
    created: boolean,
    capture: Capture,
  ): CheckpointResult {
    const { attempt: attempts } = this;
    const warnings = [...this.warnings, ...this.worktree.notices.take()];
    return { checkpoint, ref, created, uncovered: capture.uncovered, attempts, warnings };
  }

  /** Lands beside the chain; undefined when the session itself took another step in between and all must be read again. */
  private async overflow(
    guard: Guard,
    chain: Chain,
    drafted: Draft,
    capture: Capture,
    stuck: boolean,
  ): Promise<Taken | undefined> {
    const warning = stuck
      ? 'A lock file, or damage, keeps the shadow branch or the session’s reference from moving. The checkpoint is safe beside it and is folded in once that is fixed; see: belay doctor'
      : `The shadow branch kept moving for ${this.attempt} attempts. The checkpoint is safe beside it and is folded in by the next one.`;
    const newest = overflowOf(this.worktree, chain).at(-1);
    const { checkpoint } = drafted;
    const same =
      newest?.checkpoint.tree === checkpoint.tree &&
      this.isEnough(newest.checkpoint) &&
      newest.checkpoint.base === checkpoint.base &&
      newest.checkpoint.staged === checkpoint.staged;
    if (same) {
      this.warnings.push(warning);
      return { result: this.result(newest.checkpoint, newest.ref, false, capture) };
    }
    const ref = await publishToOverflow(this.worktree, guard, chain, drafted);
    if (ref === undefined) {
      if (this.attempt >= this.order.limits.attempts + extraAttempts) {
        throw new BelayError(
          'publish_failed',
          `The session moved on ${this.attempt} times while this checkpoint was taken.`,
        );
      }
      return undefined;
    }
    this.warnings.push(warning);
    if (!(await verifyPublished(this.worktree, checkpoint, capture.stored))) {
      await this.reseed();
      return undefined;
    }
    await this.tellOfLost(acknowledge(this.worktree, checkpoint));
    return { result: this.result(checkpoint, ref, true, capture) };
  }
}

function withGaps(capture: Capture, gaps: readonly Uncovered[]): Capture {
  return gaps.length === 0
    ? capture
    : { ...capture, uncovered: inPathOrder([...capture.uncovered, ...gaps]) };
}

/** Waits for both, also when one fails, so that nothing still runs when the caller gets the failure. */
async function allSettledPair<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

function holds(last: ParsedCheckpoint | undefined, observed: Observed): last is ParsedCheckpoint {
  return last !== undefined && last.base === observed.head.oid && last.staged === observed.staged;
}

/**
 * Whether the gaps are as the last checkpoint has them: one that opened or closed is something new, or the last checkpoint
 * would go on saying otherwise. Ignored paths do not count; only who names one hears of it.
 */
function hasSameGaps(last: ParsedCheckpoint | undefined, capture: Capture): boolean {
  const named = capture.uncovered.slice(0, namedPaths);
  const more = capture.uncoveredMore + capture.uncovered.length - named.length;
  return last?.uncoveredMore === more && gapsText(last.uncovered) === gapsText(named);
}

function gapsText(gaps: readonly Uncovered[]): string {
  return gaps.flatMap(({ path, reason }) => (reason === 'ignored' ? [] : [`${reason} ${path}`])).join('\0');
}
