import { randomUUID } from 'node:crypto';
import { BelayError } from '../errors';
import type { Guard } from '../leases/guard';
import { formatCommit } from '../git/commit';
import { GitError } from '../git/errors';
import type { Worktree } from '../git/worktree';
import { overflowRef, segmentRef, sessionRef, shadowRef } from '../refs/names';
import { changeRefs, ownComparison, type RefChange, type RefOutcome } from '../refs/transaction';
import type { Capture } from './capture';
import { isHeldElsewhere, isReachable, nextStep, waitingHere, type Chain, type Waiting } from './chain';
import type { Limits } from './limits';
import { formatMessage, parseCommit, type ParsedCheckpoint } from './message';
import type { CheckpointRequest } from './model';
import type { Observed } from './observe';

/** A checkpoint that is written but that no ref names yet. */
export interface Draft {
  readonly checkpoint: ParsedCheckpoint;
  /** The closed segment's ref to be made in the same transaction. */
  readonly closes: RefChange | undefined;
  readonly folds: readonly Waiting[];
}

/** Writes the commit of a checkpoint on top of the chain that was read before its capture. */
export async function draft(
  worktree: Worktree,
  chain: Chain,
  capture: Capture,
  observed: Observed,
  request: CheckpointRequest,
  limits: Limits,
): Promise<Draft> {
  const step = nextStep(chain, request.session);
  const place = await placeOf(worktree, chain, observed, limits);
  const folds = waitingHere(worktree, chain);
  const lost = await lostHead(worktree, chain, folds);
  const folded = [...new Set([...folds.map(({ checkpoint }) => checkpoint.oid), ...lost])];
  const last = chain.tip?.last;
  const headMoved = observed.head.oid !== undefined && observed.head.oid !== last?.base;
  // A new segment must hold the staged state itself: the one before may be dropped.
  const stagedMoved =
    observed.staged !== undefined && (observed.staged !== last?.staged || place.position === 1);
  const parents = [
    place.parent,
    headMoved ? observed.head.oid : undefined,
    stagedMoved ? observed.staged : undefined,
    ...folded,
  ].flatMap((oid) => (oid === undefined ? [] : [oid]));
  const text = formatCommit({
    tree: capture.tree,
    parents: [...new Set(parents)],
    agent: request.agent,
    time: Math.floor(Date.now() / 1000),
    message: formatMessage({
      session: request.session,
      agent: request.agent,
      step,
      base: observed.head.oid,
      branch: observed.head.branch,
      operation: observed.operation,
      mode: capture.mode,
      worktree: worktree.key,
      segment: place.segment,
      segmentBase: place.base,
      segmentPosition: place.position,
      tool: request.tool,
      task: request.task,
      message: request.message ?? `Checkpoint ${step} of ${request.session}`,
      paths: request.paths ?? [],
      uncovered: capture.uncovered,
      uncoveredMore: capture.uncoveredMore,
      staged: observed.staged,
      folded,
      restoring: request.restoring,
      restoredFrom: request.restoredFrom,
      stale: undefined,
    }),
  });
  const oid = await worktree.plumbing.writeCommit(text);
  const checkpoint = parseCommit(oid, text);
  if (checkpoint === undefined) {
    throw new BelayError('usage', 'The session, agent or message cannot be written as a checkpoint.');
  }
  return { checkpoint, closes: place.closes, folds };
}

interface Place {
  readonly parent: string | undefined;
  readonly segment: string;
  readonly base: string | undefined;
  readonly position: number;
  readonly closes: RefChange | undefined;
}

/** Where in the chain the checkpoint goes: on the tip, or as the first of a new segment. */
async function placeOf(worktree: Worktree, chain: Chain, observed: Observed, limits: Limits): Promise<Place> {
  const now = `${BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n)}`;
  const { tip } = chain;
  const last = tip?.last;
  const opened = { segment: now, base: observed.head.oid, position: 1 };
  if (tip === undefined) {
    return { ...opened, parent: observed.head.oid, closes: undefined };
  }
  if (last === undefined) {
    // A foreign program has put something else there. It stays reachable below what follows.
    return { ...opened, base: tip.oid, parent: tip.oid, closes: undefined };
  }
  const openedAt = Number(BigInt(last.segment) / 1_000_000n);
  const full = last.segmentPosition >= limits.segmentCheckpoints || Date.now() - openedAt > limits.segmentAge;
  if (!full) {
    return {
      parent: tip.oid,
      segment: last.segment,
      base: last.segmentBase,
      position: last.segmentPosition + 1,
      closes: undefined,
    };
  }
  const ref = segmentRef(worktree.key, last.segment);
  const [closed] = await worktree.plumbing.infos([ref]);
  const closes: RefChange =
    closed === undefined
      ? { kind: 'create', ref, to: tip.oid }
      : // A crash came between the two renames of an earlier try.
        { kind: 'update', ref, to: tip.oid, from: closed.oid };
  return { ...opened, parent: observed.head.oid, closes };
}

/** The session's latest checkpoint, if only its own ref still holds it. */
async function lostHead(worktree: Worktree, chain: Chain, folds: readonly Waiting[]): Promise<string[]> {
  const { head } = chain;
  if (
    head === undefined ||
    head.oid === chain.tip?.oid ||
    folds.some(({ checkpoint }) => checkpoint.oid === head.oid)
  ) {
    return [];
  }
  return (await isHeldElsewhere(worktree, chain, head)) ? [] : [head.oid];
}

/** Moves the shadow branch and the session's ref to the draft, if both, and the leases, are still what they were. */
export async function publish(
  worktree: Worktree,
  guard: Guard,
  chain: Chain,
  drafted: Draft,
): Promise<RefOutcome> {
  const { checkpoint, closes } = drafted;
  const shadow = shadowRef(worktree.key);
  return changeRefs(worktree, 'publish_checkpoint', guard, [
    ...(closes === undefined ? [] : [closes]),
    chain.tip === undefined
      ? { kind: 'create', ref: shadow, to: checkpoint.oid }
      : { kind: 'update', ref: shadow, to: checkpoint.oid, from: chain.tip.oid },
    sessionChange(chain, checkpoint),
  ]);
}

/** Whether trying again cannot help until somebody has looked at the reference. */
export function isStuck(outcome: RefOutcome): boolean {
  return !outcome.done && (outcome.because === 'locked' || outcome.because === 'unreadable');
}

function sessionChange(chain: Chain, checkpoint: ParsedCheckpoint): RefChange {
  const ref = sessionRef(checkpoint.session);
  return chain.head === undefined
    ? { kind: 'create', ref, to: checkpoint.oid }
    : { kind: 'update', ref, to: checkpoint.oid, from: chain.head.oid };
}

/**
 * Lands a checkpoint beside the chain, under a ref that nobody else uses, when the shadow branch cannot be moved. The
 * next writer that can move it folds it in.
 * @returns the overflow ref; undefined when something has moved meanwhile, so that all must be read again.
 * @throws BelayError `publish_failed` when even that is not possible; LeaseError when the writer was fenced off meanwhile.
 */
export async function publishToOverflow(
  worktree: Worktree,
  guard: Guard,
  chain: Chain,
  drafted: Draft,
): Promise<string | undefined> {
  const ref = overflowRef(worktree.key, `${Date.now()}-${randomUUID().slice(0, 8)}`);
  const create: RefChange = { kind: 'create', ref, to: drafted.checkpoint.oid };
  const both = await changeRefs(worktree, 'land_in_overflow', guard, [
    create,
    sessionChange(chain, drafted.checkpoint),
  ]);
  if (both.done) {
    return ref;
  }
  await guard.check();
  if (both.because === 'moved') {
    const [now] = await worktree.plumbing.infos([sessionRef(drafted.checkpoint.session)]);
    if (now?.oid !== chain.head?.oid) {
      return undefined;
    }
  }
  // The session's own ref may be what is stuck. The overflow ref alone tells the next step, too.
  const alone = await changeRefs(worktree, 'land_in_overflow', guard, [create]);
  const [landed] = await worktree.plumbing.infos([ref]);
  if (alone.done || landed?.oid === drafted.checkpoint.oid) {
    return ref;
  }
  await guard.check();
  if (alone.because === 'unreadable') {
    throw new BelayError(
      'publish_failed',
      `No reference for the checkpoint could be written: ${alone.words.trim()}`,
    );
  }
  return (await landFrozen(worktree, guard, create)) ? ref : undefined;
}

/**
 * Lands beside the chain while a lock file that was left on the lease keeps it from being verified, and moved, alike.
 * @returns whether it landed. @throws LeaseError.
 */
async function landFrozen(
  worktree: Worktree,
  guard: Guard,
  create: Extract<RefChange, { kind: 'create' }>,
): Promise<boolean> {
  const frozen = await guard.frozen();
  if (frozen === undefined) {
    return false;
  }
  const landed = await changeRefs(worktree, 'land_in_overflow', guard.without(frozen), [create]);
  if (!landed.done) {
    return false;
  }
  let still = false;
  try {
    still = await guard.stillFrozen(frozen);
    return still;
  } finally {
    if (!still) {
      // The lease could move meanwhile, so the write was not under it; the next try verifies it.
      const { ref, to } = create;
      await changeRefs(worktree, 'land_in_overflow', ownComparison, [{ kind: 'delete', ref, from: to }]);
    }
  }
}

/**
 * Whether a published checkpoint really is there: a ref holds it, and every object that was stored for it exists. An
 * acknowledgement before this could be wrong if `gc --prune=now` ran meanwhile, or a paused git moved the ref back.
 */
export async function verifyPublished(
  worktree: Worktree,
  checkpoint: ParsedCheckpoint,
  stored: readonly string[],
): Promise<boolean> {
  const names = [shadowRef(checkpoint.worktree), sessionRef(checkpoint.session), checkpoint.oid, ...stored];
  const [shadow, session, ...objects] = await askTwice(() => worktree.plumbing.infos(names));
  if (objects.some((info) => info === undefined)) {
    return false;
  }
  if (shadow?.oid === checkpoint.oid || session?.oid === checkpoint.oid) {
    return true;
  }
  return askTwice(() => isReachable(worktree, checkpoint.oid));
}

/** The references have moved by now: a git that dies while it is asked about them must not make a failure of it. */
async function askTwice<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    if (!(thrown instanceof GitError)) {
      throw thrown;
    }
    return ask();
  }
}

/**
 * The files backend renames one ref at a time, so a crash can leave the shadow branch moved and the session's ref
 * behind. Only the tip can be in that state, and every writer mends it before it moves on: it brings the session's ref
 * up, or, where that one is locked, pins the tip so that the session's next step is still known.
 */
export async function mendTip(
  worktree: Worktree,
  guard: Guard,
  chain: Chain,
  session: string,
): Promise<void> {
  const last = chain.tip?.last;
  if (last === undefined || last.session === session || last.oid !== chain.tip?.oid) {
    return;
  }
  const ref = sessionRef(last.session);
  const [head] = await worktree.plumbing.objects([ref]);
  if (head?.oid === last.oid) {
    return;
  }
  const known = head === undefined ? undefined : parseCommit(head.oid, head.content.toString('utf8'));
  if (head !== undefined && (known?.session !== last.session || known.step >= last.step)) {
    return;
  }
  const outcome = await changeRefs(worktree, 'mend_tip', guard, [
    head === undefined
      ? { kind: 'create', ref, to: last.oid }
      : { kind: 'update', ref, to: last.oid, from: head.oid },
  ]);
  const pinned = chain.waiting.some(({ checkpoint }) => checkpoint.oid === last.oid);
  if (!outcome.done && isStuck(outcome) && !pinned) {
    await changeRefs(worktree, 'mend_tip', guard, [
      {
        kind: 'create',
        ref: overflowRef(worktree.key, `${Date.now()}-${randomUUID().slice(0, 8)}`),
        to: last.oid,
      },
    ]);
  }
}

/**
 * Removes the overflow refs of checkpoints that are in the chain now. Each session's ref is brought up first, in the
 * same transaction, so that its next step stays known. What cannot be removed is left for the next writer.
 * @returns warnings.
 */
export async function removeFolded(
  worktree: Worktree,
  guard: Guard,
  folds: readonly Waiting[],
): Promise<string[]> {
  const warnings: string[] = [];
  for (const { ref, checkpoint } of folds) {
    try {
      const own = sessionRef(checkpoint.session);
      const [head] = await worktree.plumbing.objects([own]);
      const known = head === undefined ? undefined : parseCommit(head.oid, head.content.toString('utf8'));
      const changes: RefChange[] = [{ kind: 'delete', ref, from: checkpoint.oid }];
      if (head === undefined) {
        changes.unshift({ kind: 'create', ref: own, to: checkpoint.oid });
      } else if (known?.session === checkpoint.session && known.step < checkpoint.step) {
        changes.unshift({ kind: 'update', ref: own, to: checkpoint.oid, from: head.oid });
      }
      const outcome = await changeRefs(worktree, 'remove_folded', guard, changes);
      if (!outcome.done) {
        warnings.push(
          `${ref} is in the chain already but could not be removed (${outcome.because}); a later run does it.`,
        );
      }
    } catch (thrown) {
      if (!(thrown instanceof GitError)) {
        throw thrown;
      }
      warnings.push(`${ref} is in the chain already but could not be removed: ${thrown.message}`);
    }
  }
  return warnings;
}
