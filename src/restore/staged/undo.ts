import { changesBetween } from '../../checkpoint/changes';
import { listCheckpoints, readCheckpoint } from '../../checkpoint/history';
import type { Checkpoint } from '../../checkpoint/checkpoint';
import { BelayError } from '../../errors';
import { isSameContent } from '../../git/indexFile';
import type { GitPath } from '../../git/path';
import { readHead } from '../../git/head';
import type { Worktree } from '../../git/worktree';
import type { RestoreRequest, RestoreResult } from '../restoreRequest';
import { undoRestore } from '../restore';
import { collisions } from './collisions';
import type { IndexCopy } from './indexCopy';
import { readKeptIndex, type KeptIndex } from './keptIndex';
import { differingPaths, isSameEntry, type IndexEntry, type Listing } from './listing';
import type { BlockedStaged, PlannedStaged, StagedResult } from './stagedResult';
import { isSelected } from './planStaged';
import { changeIndex, type IndexStep } from './restoreStaged';
import { treeOrEmpty } from './stagedState';

/** How many checkpoints back the latest restore is looked for. */
const undoLookBack = 1_000;

type Who = Omit<RestoreRequest, 'paths'>;

/** What an undo did: to files, or to the index. */
export type Undone =
  | { readonly of: 'files'; readonly result: RestoreResult }
  | { readonly of: 'staged'; readonly result: StagedResult };

/**
 * Takes back the latest restore of this worktree, be it of files or of staged state. Either can itself be undone.
 * @throws BelayError as `undoRestore` and {@link undoStaged}.
 */
export async function undoLatest(worktree: Worktree, who: Who): Promise<Undone> {
  const history = await listCheckpoints(worktree, { worktreeKey: worktree.key, limit: undoLookBack });
  const latest = history.find(({ restoring }) => restoring !== undefined);
  return latest?.indexFile === undefined
    ? { of: 'files', result: await undoRestore(worktree, who) }
    : { of: 'staged', result: await undoStaged(worktree, latest, latest.indexFile, who) };
}

/**
 * Takes back one restore of staged state: the one that took this checkpoint before it wrote. For what an earlier try has left.
 * @throws BelayError `nothing_to_undo`, `unknown_checkpoint`, and as `restoreStaged`.
 */
export async function undoStagedAt(worktree: Worktree, before: string, who: Who): Promise<StagedResult> {
  const checkpoint = await readCheckpoint(worktree, before);
  if (checkpoint.indexFile === undefined) {
    throw new BelayError(
      'nothing_to_undo',
      `Checkpoint ${before.slice(0, 10)} began no restore of staged state.`,
    );
  }
  return undoStaged(worktree, checkpoint, checkpoint.indexFile, who);
}

/**
 * Gives the index its state before a restore of staged state back. Where nobody has staged or unstaged anything since, and HEAD is
 * where it was, that is the index file byte for byte. Else each path that the restore changed goes back by itself; one that was
 * staged, unstaged or committed since is left alone, unless included. What the index is now is kept first, as for any restore.
 * @throws BelayError `nothing_to_undo`, and as `restoreStaged`.
 */
async function undoStaged(
  worktree: Worktree,
  before: Checkpoint,
  indexFile: string,
  who: Who,
): Promise<StagedResult> {
  const kept = await readKeptIndex(worktree, indexFile);
  const words = `the index before ${before.restoring?.slice(0, 10) ?? before.oid.slice(0, 10)} was staged`;
  return changeIndex(worktree, { request: who, target: before, label: words }, (copy) =>
    stepBack(worktree, before, kept, who, copy),
  );
}

async function stepBack(
  worktree: Worktree,
  checkpoint: Checkpoint,
  kept: KeptIndex,
  who: Who,
  copy: IndexCopy,
): Promise<IndexStep> {
  const [before, after] = [await copy.list(kept.before), await copy.list(kept.after)];
  const { listing: now } = copy;
  if (isSameContent(copy.original.content, kept.before.content) || differingPaths(before, now).length === 0) {
    throw new BelayError('nothing_to_undo', 'The index already has its state before the latest restore.');
  }
  const { oid } = await readHead(worktree);
  const paths = differingPaths(before, after);
  const untouched = { target: checkpoint.oid, skipped: [], blocked: [] };
  if (oid === checkpoint.base && differingPaths(after, now).length === 0) {
    const { staged, unstaged } = told(paths, before);
    return { ...untouched, wanted: kept.before, staged, unstaged, exact: true };
  }
  const moved = await changesBetween(
    worktree,
    await treeOrEmpty(worktree, checkpoint.base),
    await treeOrEmpty(worktree, oid),
  );
  const committed = new Set(moved.map(({ path }) => path));
  const planned = paths
    .filter((path) => !isSameEntry(now.entries.get(path), before.entries.get(path)))
    .map((path): PlannedStaged & { readonly entry: IndexEntry | undefined } => {
      const entry = before.entries.get(path);
      const isLeft = isSameEntry(now.entries.get(path), after.entries.get(path)) && !committed.has(path);
      return {
        path,
        action: entry === undefined ? 'unstage' : 'stage',
        change: now.entries.has(path) ? (entry === undefined ? 'deleted' : 'modified') : 'added',
        entry,
        caution: isLeft ? undefined : 'drifted',
        writtenBy: undefined,
      };
    });
  if (planned.length === 0) {
    throw new BelayError(
      'nothing_to_undo',
      'Each path has become what it was before the latest restore by now.',
    );
  }
  const selected = planned.filter((path) => isSelected(path, who));
  const edits = new Map(selected.map(({ path, entry }) => [path, entry]));
  const coming = new Set(planned.flatMap(({ path, entry }) => (entry === undefined ? [] : [path])));
  const colliding = collisions(now, edits, coming);
  for (const path of colliding) {
    edits.delete(path);
  }
  return {
    target: checkpoint.oid,
    wanted: edits.size === 0 ? undefined : await copy.edited(edits),
    ...told([...edits.keys()], before),
    skipped: planned.filter((path) => !isSelected(path, who)),
    blocked: [...colliding].map((path): BlockedStaged => ({ path, reason: 'in_the_way' })),
    exact: false,
  };
}

function told(paths: readonly GitPath[], { entries }: Listing): Pick<IndexStep, 'staged' | 'unstaged'> {
  return {
    staged: paths.filter((path) => entries.has(path)),
    unstaged: paths.filter((path) => !entries.has(path)),
  };
}
