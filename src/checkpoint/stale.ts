import { BelayError } from '../errors';
import type { StoredObject } from '../git/plumbing';
import { Again, jitterMs, retry } from '../git/retry';
import type { Worktree } from '../git/worktree';
import { uniqueName } from '../git/unique';
import { LeaseError, type KeptAside } from '../leases/error';
import { readLease } from '../leases/read';
import { leaseRef } from '../leases/resource';
import { saysRef, setAside } from '../refs/foreign';
import { overflowPrefix, isStaleRef, spareStaleRef, staleRef } from '../refs/names';
import { moveRef } from '../refs/change';
import { changeRefs, ownComparison, type Fence } from '../refs/transaction';
import { belongsAt, settleTips } from './chain';
import { checkpointsAt } from './history';
import { writeCheckpoint } from './draft';
import { checkpointIn } from './message';
import type { Checkpoint, StaleReason } from './checkpoint';
import { slowPaths } from './paced';
import { captureState, type CaptureOrder } from './captureState';

/** How often another writer's stale checkpoint may come first. */
const attempts = 12;
/** How many of a session's stale checkpoints are listed. */
const listedStale = 50;

/**
 * Keeps what a fenced writer tried to save: the worktree's present files, as a checkpoint marked as stale, on a reference
 * of its own beside the chain. It is no step of the session, and nobody folds it in. What earlier fenced writers of the
 * session left is its parent, so that there is one reference for each session; but where a lock file or damage keeps that
 * one, or the lease, from being compared, it lands under a name of its own.
 * @returns where it is, if not on the chain already; and whether files are missing in it that take too long to store.
 * @throws what keeps it from being captured; BelayError `publish_failed` when others kept coming first.
 */
export async function saveStaleCheckpoint(
  worktree: Worktree,
  order: CaptureOrder,
  refusal: LeaseError,
): Promise<{ readonly kept: KeptAside | undefined; readonly lacksSlow: boolean }> {
  const reason = staleReason(refusal);
  if (reason === undefined) {
    return { kept: undefined, lacksSlow: false };
  }
  const { request } = order;
  let ref = staleRef(worktree.key, request.session);
  let fence: Fence | undefined;
  return retry({ tries: attempts, pauseMs: jitterMs }, async () => {
    const ends = await settleTips(worktree, request.session);
    const earlier = await staleAt(worktree, ref);
    const state = await captureState(worktree, ends, order);
    const { capture, observed, rules } = state;
    const lacksSlow = slowPaths(capture.uncovered).length > 0;
    const before = checkpointIn(earlier);
    if (before?.tree === capture.tree && before.staged === observed.staged) {
      return { kept: { ref, checkpoint: before.oid }, lacksSlow };
    }
    const last = ends.tip?.last;
    if (ends.tip?.tree === capture.tree && last?.staged === observed.staged) {
      return { kept: undefined, lacksSlow };
    }
    const parents = [ends.tip?.oid ?? observed.head.oid, earlier?.oid, observed.staged, rules];
    const { oid } = await writeCheckpoint(worktree, state, request, parents, {
      step: (ends.head?.step ?? 0) + 1,
      segment: last?.segment ?? '0',
      segmentBase: last?.segmentBase,
      segmentPosition: (last?.segmentPosition ?? 1) + 1,
      message: request.message ?? `Stale checkpoint of ${request.session}`,
      indexFile: undefined,
      folded: [],
      restoring: undefined,
      stale: reason,
    });
    const outcome = await changeRefs(worktree, 'keep_stale', fence ?? (await proof(worktree, refusal)), [
      moveRef(ref, earlier?.oid, oid),
    ]);
    if (outcome.done) {
      return { kept: { ref, checkpoint: oid }, lacksSlow };
    }
    if (outcome.reason === 'locked' || outcome.reason === 'unreadable') {
      ref = spareStaleRef(worktree.key, request.session, uniqueName().slice(0, 8));
      fence = ownComparison;
    }
    return new Again(
      new BelayError('publish_failed', 'Other fenced writers of the session kept coming first.'),
    );
  });
}

/** What the fenced writers of all sessions and worktrees left, newest first. */
export async function listStale(worktree: Worktree): Promise<Checkpoint[]> {
  const latest = await checkpointsAt(worktree, overflowPrefix);
  const found = new Map<string, Checkpoint>();
  for (const [ref, checkpoint] of latest) {
    let at: Checkpoint | undefined = isStaleRef(ref) ? checkpoint : undefined;
    for (let depth = 0; at?.stale !== undefined && depth < listedStale; depth += 1) {
      found.set(at.oid, at);
      const objects = await worktree.plumbing.objects(at.parents);
      const parents: readonly Checkpoint[] = objects.flatMap((object) => checkpointIn(object) ?? []);
      at = parents.find((parent) => parent.stale !== undefined);
    }
  }
  return [...found.values()].sort((a, b) => b.time - a.time);
}

/** What fenced writers of the session left before; anything else that stands there is set aside. */
async function staleAt(worktree: Worktree, ref: string): Promise<StoredObject | undefined> {
  const [object] = await worktree.plumbing.objects([ref]);
  const isOurs = belongsAt(ref, checkpointIn(object)) !== undefined;
  const misused = object === undefined ? await saysRef(worktree, ref) : !isOurs;
  return misused && (await setAside(worktree, ref)) ? undefined : object;
}

function staleReason({ reason }: LeaseError): StaleReason | undefined {
  return reason === 'lease_held' ? undefined : reason;
}

/**
 * The one write that needs no lease still proves why: the lease is, in this very transaction, what was read when its token
 * did not count. One that cannot be read, or compared, proves nothing, and this write is all that is left then.
 */
async function proof(worktree: Worktree, refusal: LeaseError): Promise<Fence> {
  if (refusal.reason === 'lease_unreadable') {
    return ownComparison;
  }
  const current = await readLease(worktree, refusal.resource).catch(unlessUnreadable);
  if (current === 'unreadable') {
    return ownComparison;
  }
  return { verifies: [{ kind: 'verify', ref: leaseRef(refusal.resource), at: current?.token }] };
}

function unlessUnreadable(thrown: unknown): 'unreadable' {
  if (thrown instanceof LeaseError) {
    return 'unreadable';
  }
  throw thrown;
}
