import { changesBetween } from '../checkpoint/changes';
import { hashPaths, look } from '../checkpoint/hash';
import { listCheckpoints, readCheckpoint } from '../checkpoint/history';
import type { Checkpoint } from '../checkpoint/model';
import { takeCheckpoint } from '../checkpoint/take';
import { entriesAt, type PathEntry } from '../checkpoint/trees';
import { readEnds } from '../checkpoint/chain';
import { BelayError } from '../errors';
import { pathText, type GitPath } from '../git/path';
import { LeaseError } from '../leases/error';
import type { Held } from '../leases/hold';
import type { Worktree } from '../git/worktree';
import type { BlockedPath, PlannedPath, RestoreRequest, RestoreResult } from './model';
import { plan, planRestore } from './plan';
import { underLease } from './lease';
import { putFile, removeFile, sight, stageFiles, type Sighting } from './write';

/** How many checkpoints back an undo looks for the restore it takes back. */
const undoLookBack = 1_000;

/**
 * Brings the chosen paths to what they are in the target. A checkpoint is taken before anything is written and one
 * after; only the chosen paths change; HEAD, branches and the index stay as they are; a path with a caution is left
 * alone unless the request includes it; a path that changes while this runs is left alone.
 * @throws BelayError `nothing_to_restore` when the paths are as in the target already.
 */
export async function restore(
  worktree: Worktree,
  target: Checkpoint,
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
  const wanted = await readCheckpoint(worktree, before.restoring);
  // Without the checkpoint after it (a crash came between), every path that now is as the restore wanted it counts.
  const after = history.find(({ restoredFrom }) => restoredFrom === before.oid);
  const paths = await writtenPaths(worktree, before, wanted, after);
  if (paths.length === 0) {
    throw new BelayError('nothing_to_undo', 'The latest restore wrote nothing.');
  }
  return restoreTo(worktree, before, { ...who, paths }, wanted.tree);
}

/** The paths that a restore brought to the wanted state; what others changed meanwhile is not among them. */
async function writtenPaths(
  worktree: Worktree,
  before: Checkpoint,
  wanted: Checkpoint,
  after: Checkpoint | undefined,
): Promise<GitPath[]> {
  const candidates = await changesBetween(worktree, before.tree, wanted.tree);
  if (after === undefined) {
    return candidates.map(({ path }) => path);
  }
  const stillDifferent = new Set(
    (await changesBetween(worktree, after.tree, wanted.tree)).map(({ path }) => path),
  );
  return candidates.map(({ path }) => path).filter((path) => !stillDifferent.has(path));
}

async function restoreTo(
  worktree: Worktree,
  target: Checkpoint,
  request: RestoreRequest,
  wrote: string | undefined,
): Promise<RestoreResult> {
  const preview = await planRestore(worktree, target, request.paths, request.session);
  if (preview.paths.length === 0 && preview.blocked.length === 0) {
    throw new BelayError('nothing_to_restore', 'Every chosen path is as it is in the checkpoint already.');
  }
  return underLease(worktree, request, (held) => restoreUnder(worktree, target, request, wrote, held));
}

async function restoreUnder(
  worktree: Worktree,
  target: Checkpoint,
  request: RestoreRequest,
  wrote: string | undefined,
  held: Held,
): Promise<RestoreResult> {
  const leases = [...(request.leases ?? []), held.token];
  const ends = await readEnds(worktree, request.session);
  const before = await takeCheckpoint(worktree, {
    session: request.session,
    agent: request.agent,
    message: `Before restoring ${target.oid.slice(0, 10)}`,
    always: true,
    restoring: target.oid,
    leases,
  });
  const planned = await plan(worktree, request.paths, {
    target,
    last: ends.tip?.tree ?? before.checkpoint.tree,
    current: before.checkpoint.tree,
    uncovered: before.uncovered,
    wrote,
    session: request.session,
  });
  const selected = planned.paths.filter((path) => isIncluded(path, request));
  const written = await writeAll(worktree, target, before.checkpoint, selected, held);
  const after = await takeCheckpoint(worktree, {
    session: request.session,
    agent: request.agent,
    message: `After restoring ${target.oid.slice(0, 10)}`,
    always: true,
    restoredFrom: before.checkpoint.oid,
    leases,
  }).catch((thrown: unknown) => {
    throw thrown instanceof LeaseError ? lateEffect(thrown, written) : thrown;
  });
  if (written.stopped !== undefined) {
    // It could not be read for a moment, and then was ours still: what was left out is named.
    throw new BelayError('restore_incomplete', written.stopped.message, { cause: written.stopped });
  }
  return {
    target: target.oid,
    before: before.checkpoint.oid,
    after: after.checkpoint.oid,
    written: written.written,
    deleted: written.deleted,
    skipped: planned.paths.filter((path) => !isIncluded(path, request)),
    blocked: [...planned.blocked, ...written.blocked],
  };
}

function isIncluded(planned: PlannedPath, request: RestoreRequest): boolean {
  return (
    planned.caution === undefined ||
    request.include === 'all' ||
    request.include?.includes(planned.path) === true
  );
}

interface Written {
  readonly written: GitPath[];
  readonly deleted: GitPath[];
  readonly blocked: BlockedPath[];
  /** Why it stopped before the end. */
  stopped?: LeaseError;
}

/** Puts the files in place one by one, and stops as soon as the worktree is known to be somebody else's to change. */
async function writeAll(
  worktree: Worktree,
  target: Checkpoint,
  before: Checkpoint,
  selected: readonly PlannedPath[],
  held: Held,
): Promise<Written> {
  const result: Written = { written: [], deleted: [], blocked: [] };
  const wanted = await entriesAt(
    worktree.plumbing,
    target.tree,
    selected.map(({ path }) => path),
  );
  const entries = new Map<GitPath, PathEntry>();
  for (const [path, entry] of wanted) {
    if (entry !== undefined) {
      entries.set(path, entry);
    }
  }
  const staged = await stageFiles(worktree, entries);
  try {
    const seen = await sightAll(worktree, before, selected, result.blocked);
    for (const { path } of selected.filter(({ action }) => action === 'delete')) {
      if (seen.has(path)) {
        await held.check();
        record(path, await removeFile(worktree, path, seen.get(path)), result.deleted, result.blocked);
      }
    }
    for (const { path } of selected.filter(({ action }) => action === 'write')) {
      if (seen.has(path)) {
        await held.check();
        const file = await staged.locate(path);
        const reason =
          file === undefined ? 'write_failed' : await putFile(worktree, path, file, seen.get(path));
        record(path, reason, result.written, result.blocked);
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof LeaseError)) {
      throw thrown;
    }
    result.stopped = thrown;
  } finally {
    await staged.remove();
  }
  return result;
}

/** What was written under a lease that was lost by the time it was to be recorded: said so, and nobody's result. */
function lateEffect(refusal: LeaseError, { written, deleted }: Written): LeaseError {
  const paths = [...written, ...deleted];
  const named = paths.slice(0, 20).map(pathText).join(', ');
  const more = paths.length > 20 ? ` and ${paths.length - 20} more` : '';
  return refusal.saying(
    paths.length === 0
      ? 'The restore was stopped before it changed a file.'
      : `The restore was stopped after it had changed ${paths.length} files, which count as stale: ${named}${more}.`,
  );
}

function record(
  path: GitPath,
  reason: BlockedPath['reason'] | undefined,
  done: GitPath[],
  blocked: BlockedPath[],
): void {
  if (reason === undefined) {
    done.push(path);
  } else {
    blocked.push({ path, reason });
  }
}

/**
 * Sees each selected path once more, and compares its content with the checkpoint that was just taken: what differs has
 * changed since and is left alone. The sighting comes before the comparison, so that a later change shows in it.
 */
async function sightAll(
  worktree: Worktree,
  before: Checkpoint,
  selected: readonly PlannedPath[],
  blocked: BlockedPath[],
): Promise<Map<GitPath, Sighting>> {
  const paths = selected.map(({ path }) => path);
  const seen = new Map<GitPath, Sighting>();
  for (const path of paths) {
    seen.set(path, await sight(worktree, path));
  }
  const [hashed, captured] = await Promise.all([
    look(worktree, paths).then((found) => hashPaths(worktree, found)),
    entriesAt(worktree.plumbing, before.tree, paths),
  ]);
  for (const path of paths) {
    const now = hashed.get(path);
    const entry = captured.get(path);
    // A folder stands there where the restore wants a file: it is the files in it that count.
    const then = entry?.mode === '040000' ? undefined : entry;
    const same =
      now?.kind === 'stored' ? now.entry.oid === then?.oid : now?.kind === 'gone' && then === undefined;
    if (!same) {
      seen.delete(path);
      blocked.push({ path, reason: 'changed_meanwhile' });
    }
  }
  return seen;
}
