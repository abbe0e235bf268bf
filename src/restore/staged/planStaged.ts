import { readTip } from '../../checkpoint/chain';
import { changesBetween } from '../../checkpoint/changes';
import type { Checkpoint } from '../../checkpoint/checkpoint';
import { isOfEarlierWorktree } from '../../checkpoint/captureState';
import { editTree, entriesAt, type PathEntry } from '../../checkpoint/trees';
import { BelayError } from '../../errors';
import type { GitPath } from '../../git/path';
import { readHead } from '../../git/head';
import { worktreeBirth, type Worktree } from '../../git/worktree';
import type { RestoreRequest } from '../restoreRequest';
import { isChosen } from '../planRestore';
import { cautionFor } from '../writers';
import { collisions } from './collisions';
import { treeOfIndex } from './edit';
import { IndexCopy } from './indexCopy';
import type { Listing } from './listing';
import type { BlockedStaged, PlannedStaged, StagedPlan } from './stagedResult';
import { readStagedState, treeOrEmpty, type StagedState } from './stagedState';
import { indexTree, stagedWriters } from './writers';

/** What of a request decides what is touched. */
export type StagedChoice = Pick<RestoreRequest, 'paths' | 'include' | 'session'>;

/**
 * What putting a checkpoint's staged state into the index would do now. Takes no checkpoint and changes nothing.
 * @throws BelayError `nothing_to_restore` where the checkpoint holds no staged state; `operation_under_way`, `index_in_conflict`.
 */
export async function planStaged(
  worktree: Worktree,
  target: Checkpoint,
  choice: StagedChoice,
): Promise<StagedPlan> {
  const copy = await IndexCopy.open(worktree);
  try {
    return await planOn(worktree, copy, target, choice);
  } finally {
    await copy.close();
  }
}

/** As {@link planStaged}, for a copy of the index. */
export async function planOn(
  worktree: Worktree,
  copy: IndexCopy,
  target: Checkpoint,
  choice: StagedChoice,
): Promise<StagedPlan> {
  const state = await readStagedState(worktree, target);
  if (state === undefined) {
    throw new BelayError(
      'nothing_to_restore',
      `Checkpoint ${target.oid.slice(0, 10)} holds no staged state: nothing was staged when it was taken.`,
    );
  }
  const now = await treeOfIndex(worktree, copy.file);
  const { oid } = await readHead(worktree);
  const head = await treeOrEmpty(worktree, oid);
  const wanted = await wantedTree(worktree, head, state);
  const changes = (await changesBetween(worktree, now, wanted)).filter(({ path }) =>
    isChosen(path, choice.paths),
  );
  const heads = await entriesAt(
    worktree.plumbing,
    head,
    changes.map(({ path }) => path),
  );
  // Where nothing is staged now, nothing can be lost; and an index that is gone holds nothing at all.
  const stakes = new Map<GitPath, PathEntry | undefined>(
    changes.flatMap(({ path, oldOid, oldMode }) => {
      const entry = entryOf(oldOid, oldMode);
      const isAtStake = copy.original.content !== undefined && !isSame(heads.get(path), entry);
      return isAtStake ? [[path, entry] as const] : [];
    }),
  );
  const drifted = await driftedPaths(worktree, stakes);
  const own = new Set([target.session, choice.session]);
  const writers = await stagedWriters(worktree, stakes, own);
  const planned = changes.map(({ path, kind, newOid, newMode }): PlannedStaged => {
    const entry = entryOf(newOid, newMode);
    return {
      path,
      action: isSame(heads.get(path), entry) ? 'unstage' : 'stage',
      change: kind,
      entry,
      ...cautionFor(drifted.has(path), writers.get(path)),
    };
  });
  const inConflict = state.conflicts
    .filter((path) => isChosen(path, choice.paths))
    .map((path): BlockedStaged => ({ path, reason: 'was_in_conflict' }));
  return withoutObstacles(worktree, copy.listing, { target, paths: planned, blocked: inConflict }, choice);
}

/** Whether a planned path is touched under this choice. */
export function isSelected(
  { path, caution }: Pick<PlannedStaged, 'path' | 'caution'>,
  { include }: Pick<StagedChoice, 'include'>,
): boolean {
  return caution === undefined || include === 'all' || include?.includes(path) === true;
}

/**
 * The present HEAD with what was staged then on top: what has been committed since stays committed, and what was not staged then
 * is not staged. Where HEAD has not moved it is the index of then.
 */
function wantedTree(worktree: Worktree, head: string, { changes }: StagedState): Promise<string> {
  return editTree(
    worktree.plumbing,
    head,
    new Map(changes.map(({ path, newOid, newMode }) => [path, entryOf(newOid, newMode)])),
  );
}

/** What is staged now and was not at the last checkpoint. */
async function driftedPaths(
  worktree: Worktree,
  stakes: ReadonlyMap<GitPath, PathEntry | undefined>,
): Promise<Set<GitPath>> {
  if (stakes.size === 0) {
    return new Set();
  }
  const last = (await readTip(worktree))?.last;
  const born = await worktreeBirth(worktree.repository.commonDir, worktree.key);
  if (last === undefined || isOfEarlierWorktree(last, born)) {
    return new Set(stakes.keys());
  }
  const known = await entriesAt(worktree.plumbing, await indexTree(worktree, last), [...stakes.keys()]);
  return new Set([...stakes.keys()].filter((path) => !isSame(known.get(path), stakes.get(path))));
}

async function withoutObstacles(
  worktree: Worktree,
  listing: Listing,
  plan: StagedPlan,
  choice: StagedChoice,
): Promise<StagedPlan> {
  const missing = await missingContents(worktree, plan.paths);
  const selected = plan.paths.filter((planned) => isSelected(planned, choice) && !missing.has(planned.path));
  const edits = new Map(selected.map(({ path, entry }) => [path, entry]));
  const coming = new Set(plan.paths.flatMap(({ path, entry }) => (entry === undefined ? [] : [path])));
  const colliding = collisions(listing, edits, coming);
  const blocked = plan.paths.flatMap(({ path }): BlockedStaged[] => {
    if (missing.has(path)) {
      return [{ path, reason: 'content_missing' }];
    }
    return colliding.has(path) ? [{ path, reason: 'in_the_way' }] : [];
  });
  return {
    target: plan.target,
    paths: plan.paths.filter(({ path }) => !missing.has(path) && !colliding.has(path)),
    blocked: [...plan.blocked, ...blocked],
  };
}

/** Staged files whose content is gone. What HEAD has of a path may be missing in a partial clone, and a submodule's is its own. */
async function missingContents(worktree: Worktree, planned: readonly PlannedStaged[]): Promise<Set<GitPath>> {
  const files = planned.flatMap(({ path, action, entry }) =>
    action === 'stage' && entry !== undefined && entry.mode !== '160000' ? [{ path, oid: entry.oid }] : [],
  );
  const infos = await worktree.plumbing.infos(files.map(({ oid }) => oid));
  return new Set(files.filter((_, index) => infos[index]?.type !== 'blob').map(({ path }) => path));
}

function entryOf(oid: string | undefined, mode: string | undefined): PathEntry | undefined {
  return oid === undefined || mode === undefined ? undefined : { oid, mode };
}

function isSame(one: PathEntry | undefined, other: PathEntry | undefined): boolean {
  return one?.oid === other?.oid && one?.mode === other?.mode;
}
