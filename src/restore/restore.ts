import { changesBetween } from '../checkpoint/changes';
import { listCheckpoints } from '../checkpoint/history';
import type { Checkpoint, CheckpointRequest } from '../checkpoint/checkpoint';
import { takeOnTheWay } from '../checkpoint/take';
import { treeOf } from '../checkpoint/trees';
import { readTips } from '../checkpoint/chain';
import { noneWaits } from '../decisions/read';
import { BelayError } from '../errors';
import { somePaths, type GitPath } from '../git/path';
import { LeaseError } from '../leases/error';
import { underWorktreeLease, type HeldWorktree } from '../leases/worktreeLease';
import type { Worktree } from '../git/worktree';
import type { PlannedPath, RestoreRequest, RestoreResult, RestoreTarget } from './restoreRequest';
import { plan, planRestore } from './planRestore';
import { applyPaths, type Applied } from './applyPaths';
import { groupsOf } from './groups';
import { endInterrupted } from './interrupted';
import { lastKnownTree } from './lastKnown';

/** How many checkpoints back an undo looks for the restore it takes back. */
const undoLookBack = 1_000;

/**
 * Brings the chosen paths to what they are in the target. A checkpoint is taken before anything is written and one
 * after; only the chosen paths change; HEAD, branches and the index stay unchanged; a path with a caution is left
 * alone unless the request includes it; a path that changes while this runs is left alone.
 * @throws BelayError `nothing_to_restore` when the paths are as in the target already, `decision_pending`.
 */
export async function restore(
  worktree: Worktree,
  target: RestoreTarget,
  request: RestoreRequest,
): Promise<RestoreResult> {
  return restoreTo(worktree, target, request, undefined);
}

/**
 * Takes back the latest restore of this worktree: the paths that it wrote become what they were before. A path that
 * was changed since is left alone unless included. An undo is itself a restore and can be undone.
 * @throws BelayError `nothing_to_undo` when there was no restore.
 */
export async function undoRestore(
  worktree: Worktree,
  who: Omit<RestoreRequest, 'paths'>,
): Promise<RestoreResult> {
  const history = await listCheckpoints(worktree, { worktreeKey: worktree.key, limit: undoLookBack });
  const before = history.find(({ restoring }) => restoring !== undefined);
  if (before?.restoring === undefined) {
    throw new BelayError('nothing_to_undo', 'No restore was made in this worktree.');
  }
  const [commit] = await worktree.plumbing.infos([before.restoring]);
  if (commit === undefined) {
    throw new BelayError(
      'nothing_to_undo',
      `What was restored (${before.restoring.slice(0, 10)}) is not there any more.`,
    );
  }
  const wanted = await treeOf(worktree.plumbing, commit.oid);
  // Without the checkpoint after it (a crash came between), every path that now is as the restore wanted it counts.
  const after = history.find(({ restoredFrom }) => restoredFrom === before.oid);
  const paths = await writtenPaths(worktree, before, wanted, after);
  if (paths.length === 0) {
    throw new BelayError('nothing_to_undo', 'The latest restore wrote nothing.');
  }
  return restoreTo(worktree, before, { ...who, paths }, wanted);
}

/** The paths that a restore brought to the wanted state; what others changed during it is not among them. */
async function writtenPaths(
  worktree: Worktree,
  before: Checkpoint,
  wanted: string,
  after: Checkpoint | undefined,
): Promise<GitPath[]> {
  const candidates = await changesBetween(worktree, before.tree, wanted);
  if (after === undefined) {
    return candidates.map(({ path }) => path);
  }
  const stillDifferent = new Set(
    (await changesBetween(worktree, after.tree, wanted)).map(({ path }) => path),
  );
  return candidates.map(({ path }) => path).filter((path) => !stillDifferent.has(path));
}

async function restoreTo(
  worktree: Worktree,
  target: RestoreTarget,
  request: RestoreRequest,
  wrote: string | undefined,
): Promise<RestoreResult> {
  await noneWaits(worktree, worktree.key);
  const preview = await planRestore(worktree, target, request.paths, request.session);
  if (preview.paths.length === 0 && preview.blocked.length === 0) {
    throw new BelayError('nothing_to_restore', 'The selected paths already match the checkpoint.');
  }
  const work = (held: HeldWorktree): Promise<RestoreResult> =>
    restoreUnder(worktree, target, request, wrote, held);
  return underWorktreeLease(worktree, request, work, { name: 'restore', waits: false });
}

async function restoreUnder(
  worktree: Worktree,
  target: RestoreTarget,
  request: RestoreRequest,
  wrote: string | undefined,
  held: HeldWorktree,
): Promise<RestoreResult> {
  const { writer } = held;
  await noneWaits(worktree, worktree.key);
  await endInterrupted(worktree, writer);
  const last = await lastKnownTree(worktree, await readTips(worktree, request.session));
  const before = await takeOnTheWay(worktree, {
    ...writer,
    message: `Before restoring ${target.oid.slice(0, 10)}`,
    always: true,
    restoring: target.oid,
  });
  const planned = await plan(worktree, request.paths, {
    target,
    last,
    current: before.checkpoint.tree,
    uncovered: before.uncovered,
    wrote,
    session: request.session,
  });
  const selected = selectedOf(planned.paths, request);
  const order = {
    from: before.checkpoint.tree,
    to: target.tree,
    checkpoint: before.checkpoint.oid,
    paths: selected,
    leftOut: planned.paths.flatMap((path) => (selected.includes(path) ? [] : [path.path])),
    who: writer,
  };
  const written = await applyPaths(worktree, order, () => held.check());
  const after = await recordRestore(worktree, written, {
    ...writer,
    message: `After restoring ${target.oid.slice(0, 10)}`,
    always: true,
    restoredFrom: before.checkpoint.oid,
  });
  return {
    target: target.oid,
    before: before.checkpoint.oid,
    after: after.oid,
    written: written.written,
    deleted: written.deleted,
    skipped: planned.paths.filter((path) => !selected.includes(path)),
    blocked: [...planned.blocked, ...written.blocked],
    moved: written.moved,
  };
}

/** What goes through together is selected together; what goes because its content is elsewhere, only with that. */
function selectedOf(paths: readonly PlannedPath[], request: RestoreRequest): PlannedPath[] {
  return groupsOf(paths)
    .filter((group) => group.every((path) => isIncluded(path, request)))
    .flat();
}

function isIncluded(planned: PlannedPath, request: RestoreRequest): boolean {
  return (
    planned.caution === undefined ||
    request.include === 'all' ||
    request.include?.includes(planned.path) === true
  );
}

/**
 * Records a restore by the checkpoint after it, also one that was stopped: what the lease is now says what that means. Where it
 * is lost, the checkpoint is refused, and kept as a stale one. Where it could only not be read for a moment, it is ours still.
 * @throws LeaseError that names what counts as stale; BelayError `restore_incomplete` when it was stopped under its own lease.
 */
async function recordRestore(
  worktree: Worktree,
  written: Applied,
  request: CheckpointRequest,
): Promise<Checkpoint> {
  const { checkpoint } = await takeOnTheWay(worktree, request).catch((thrown: unknown) => {
    throw thrown instanceof LeaseError ? lateEffect(thrown, written) : thrown;
  });
  if (written.stopped !== undefined) {
    throw new BelayError('restore_incomplete', written.stopped.message, { cause: written.stopped });
  }
  return checkpoint;
}

/** What was written under a lease that was lost by the time it was to be recorded: said so, and nobody's result. */
function lateEffect(refusal: LeaseError, { written, deleted }: Applied): LeaseError {
  const paths = [...written, ...deleted];
  return refusal.saying(
    paths.length === 0
      ? 'The restore was stopped before it changed a file.'
      : `The restore was stopped after it had changed ${paths.length} files, which count as stale: ${somePaths(paths, 20)}.`,
  );
}
