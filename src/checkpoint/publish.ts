import { BelayError } from '../errors';
import { GitError } from '../git/errors';
import type { Worktree } from '../git/worktree';
import type { Guard } from '../leases/guard';
import { newOverflowRef, sessionRef, shadowRef } from '../refs/names';
import { moveRef, type RefChange } from '../refs/change';
import { changeRefs, ownComparison, type RefOutcome } from '../refs/transaction';
import { isReachable, type Chain } from './chain';
import type { ParsedCheckpoint } from './message';
import type { Draft } from './draft';

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
    moveRef(shadow, chain.tip?.oid, checkpoint.oid),
    sessionChange(chain, checkpoint),
  ]);
}

/** Whether a retry cannot help until a person has looked at the reference. */
export function isStuck(outcome: RefOutcome): boolean {
  return !outcome.done && (outcome.reason === 'locked' || outcome.reason === 'unreadable');
}

function sessionChange(chain: Chain, checkpoint: ParsedCheckpoint): RefChange {
  return moveRef(sessionRef(checkpoint.session), chain.head?.oid, checkpoint.oid);
}

/**
 * Lands a checkpoint beside the chain, under a ref that nobody else uses, when the shadow branch cannot be moved. The
 * next writer that can move it folds it in.
 * @returns the overflow ref; undefined when something has moved in between, so that all must be read again.
 * @throws BelayError `publish_failed` when even that is not possible; LeaseError when the writer was fenced off in between.
 */
export async function publishToOverflow(
  worktree: Worktree,
  guard: Guard,
  chain: Chain,
  drafted: Draft,
): Promise<string | undefined> {
  const ref = newOverflowRef(worktree.key);
  const create: RefChange = { kind: 'create', ref, to: drafted.checkpoint.oid };
  const both = await changeRefs(worktree, 'land_in_overflow', guard, [
    create,
    sessionChange(chain, drafted.checkpoint),
  ]);
  if (both.done) {
    return ref;
  }
  await guard.check();
  if (both.reason === 'moved') {
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
  if (alone.reason === 'unreadable') {
    throw new BelayError(
      'publish_failed',
      `No reference for the checkpoint could be written: ${alone.message.trim()}`,
    );
  }
  if (await landFrozen(worktree, guard, create)) {
    return ref;
  }
  return undefined;
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
      // The lease could move in between, so the write was not under it; the next try verifies it.
      const { ref, to } = create;
      await changeRefs(worktree, 'land_in_overflow', ownComparison, [{ kind: 'delete', ref, from: to }]);
    }
  }
}

/**
 * Whether a published checkpoint really is there: a ref holds it, and every object that was stored for it exists. An
 * acknowledgement before this could be wrong if `gc --prune=now` ran in between, or a paused git moved the ref back.
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
