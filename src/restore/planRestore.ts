import { readTips } from '../checkpoint/chain';
import { changesBetween } from '../checkpoint/changes';
import { look } from '../checkpoint/hash';
import { configuredLimits } from '../checkpoint/limits';
import type { FileChange, Uncovered } from '../checkpoint/checkpoint';
import { captureState } from '../checkpoint/captureState';
import { entriesAt } from '../checkpoint/trees';
import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { behindLinks, specialFiles } from './disk';
import { groupsOf } from './groups';
import { holdsMore, inTheWayAbove } from './inTheWay';
import { lastKnownTree } from './lastKnown';
import type { BlockedPath, BlockedReason, PlannedPath, RestorePlan, RestoreTarget } from './restoreRequest';
import { isEmptyBlob, otherCases } from './otherSide';
import { foldersAbove } from './statSnapshot';
import { unsaidBy } from './unsaid';
import { cautionFor, lastWriters } from './writers';

/** The states that a restore is planned between. */
export interface RestoreStates {
  readonly target: RestoreTarget;
  /** The tree that the files were last known to have before the restore was asked for. */
  readonly last: string;
  /** The tree of what is on disk now. */
  readonly current: string;
  readonly uncovered: readonly Uncovered[];
  /** For an undo: the tree that the restore wrote. A path that differs from it was changed since. */
  readonly wrote?: string | undefined;
  /** Who restores; its own writes are no reason for caution. */
  readonly session: string;
}

/** What restoring the target would do now. Takes no checkpoint and changes no file. */
export async function planRestore(
  worktree: Worktree,
  target: RestoreTarget,
  paths: readonly GitPath[] | undefined,
  session: string,
): Promise<RestorePlan> {
  const ends = await readTips(worktree, session);
  const { capture } = await captureState(worktree, ends, {
    request: { session, agent: 'restore' },
    limits: configuredLimits(worktree),
    signal: undefined,
  });
  return plan(worktree, paths, {
    target,
    last: await lastKnownTree(worktree, ends),
    current: capture.tree,
    uncovered: capture.uncovered,
    session,
  });
}

/** What each chosen path that differs from the target would go through, and with what caution. */
export async function plan(
  worktree: Worktree,
  chosen: readonly GitPath[] | undefined,
  states: RestoreStates,
): Promise<RestorePlan> {
  const { target } = states;
  const all = await changesBetween(worktree, states.current, target.tree);
  const differing = withWay(
    all,
    all.filter(({ path }) => isChosen(path, chosen)),
  );
  // What an undo would delete, the restore itself has written.
  const goes = differing.flatMap(({ path, newOid }) => (newOid === undefined ? [path] : []));
  const unsaid = states.wrote === undefined ? await unsaidBy(worktree, target, goes) : new Set<GitPath>();
  const changes = differing.filter(({ path }) => !unsaid.has(path));
  const drifted = await driftedPaths(worktree, states, changes);
  const writers = await lastWriters(
    worktree,
    new Set(changes.map(({ path }) => path)),
    new Set([target.session, states.session].filter((id) => id !== undefined)),
  );
  const obstacles = await findObstacles(worktree, states, changes);
  const paths: PlannedPath[] = [];
  const blocked: BlockedPath[] = [];
  for (const group of groupsOf(changes)) {
    const isBlocked = group.some(({ path }) => obstacles.has(path));
    // One reason for care is one for all that goes through together.
    const cautions = group.map(({ path }) => cautionFor(drifted.has(path), writers.get(path)));
    const first = cautions.find(({ caution }) => caution !== undefined);
    for (const [index, { path, newOid }] of group.entries()) {
      if (isBlocked) {
        blocked.push({ path, reason: obstacles.get(path) ?? 'other_side_left' });
      } else {
        const own = cautions[index];
        const caution = own?.caution === undefined ? first : own;
        paths.push({
          path,
          action: newOid === undefined ? 'delete' : 'write',
          ...(caution ?? { caution: undefined, writtenBy: undefined }),
        });
      }
    }
  }
  return inPathOrder(withoutOrphans({ target, paths, blocked }, changes));
}

/** Also the file or link, known to Belay, that has to make way for a chosen path below it. */
function withWay(all: readonly FileChange[], chosen: readonly FileChange[]): FileChange[] {
  const written = chosen.filter(({ newOid }) => newOid !== undefined);
  const ways = new Set(written.flatMap(({ path }) => foldersAbove(path)));
  const known = new Set(chosen);
  return all.filter((change) => known.has(change) || (change.newOid === undefined && ways.has(change.path)));
}

/**
 * What would be deleted because its content is elsewhere in the target stays where that cannot be written: else it would be
 * nowhere.
 */
function withoutOrphans(planned: RestorePlan, changes: readonly FileChange[]): RestorePlan {
  const byPath = new Map(changes.map((change) => [change.path, change]));
  const left = new Set(planned.blocked.map(({ path }) => byPath.get(path)?.newOid));
  const orphans = planned.paths.filter(({ path, action }) => {
    const oid = byPath.get(path)?.oldOid;
    return action === 'delete' && oid !== undefined && left.has(oid) && !isEmptyBlob(oid);
  });
  const names = new Set(orphans.map(({ path }) => path));
  const joined = groupsOf(planned.paths).filter((group) => !group.some(({ path }) => names.has(path)));
  const stays = new Set(joined.flat());
  return {
    ...planned,
    paths: planned.paths.filter((one) => stays.has(one)),
    blocked: [
      ...planned.blocked,
      ...planned.paths.flatMap((one): BlockedPath[] =>
        stays.has(one) ? [] : [{ path: one.path, reason: 'other_side_left' }],
      ),
    ],
  };
}

function inPathOrder(planned: RestorePlan): RestorePlan {
  const order = (a: { path: GitPath }, b: { path: GitPath }): number =>
    a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
  return { ...planned, paths: [...planned.paths].sort(order), blocked: [...planned.blocked].sort(order) };
}

/** Whether a path is one of those chosen, or lies below one of them. */
export function isChosen(path: GitPath, chosen: readonly GitPath[] | undefined): boolean {
  return (
    chosen === undefined ||
    chosen.length === 0 ||
    chosen.some((name) => name === '.' || path === name || path.startsWith(`${name.replace(/\/$/, '')}/`))
  );
}

async function driftedPaths(
  worktree: Worktree,
  states: RestoreStates,
  changes: readonly FileChange[],
): Promise<Set<GitPath>> {
  const drifted = new Set(
    (await changesBetween(worktree, states.last, states.current)).map(({ path }) => path),
  );
  if (states.wrote !== undefined) {
    const names = changes.map(({ path }) => path);
    const wrote = await entriesAt(worktree.plumbing, states.wrote, names);
    for (const { path, oldOid, oldMode } of changes) {
      const found = wrote.get(path);
      // Of a folder it is the files in it that count.
      const entry = found?.mode === '040000' ? undefined : found;
      if (entry?.oid !== oldOid || entry?.mode !== oldMode) {
        drifted.add(path);
      }
    }
  }
  return drifted;
}

async function findObstacles(
  worktree: Worktree,
  states: RestoreStates,
  changes: readonly FileChange[],
): Promise<Map<GitPath, BlockedReason>> {
  const obstacles = new Map<GitPath, BlockedReason>();
  const uncovered = new Set(states.uncovered.map(({ path }) => path));
  const names = changes.map(({ path }) => path);
  const behind = await behindLinks(worktree, names);
  const reached = names.filter((name) => !behind.has(name));
  const [onDisk, special, goes] = [
    await look(worktree, reached),
    await specialFiles(worktree, reached),
    new Set(changes.flatMap(({ path, newOid }) => (newOid === undefined ? [path] : []))),
  ];
  const renamed = otherCases(
    worktree,
    changes.map(({ path, newOid }) => ({ path, action: newOid === undefined ? 'delete' : 'write' })),
  );
  for (const { path, oldMode, newMode, oldOid, newOid } of changes) {
    const found = onDisk.get(path)?.kind;
    const above = newOid === undefined ? undefined : await inTheWayAbove(worktree, path, goes);
    if (oldMode === '160000' || newMode === '160000') {
      obstacles.set(path, 'submodule');
    } else if (uncovered.has(path)) {
      obstacles.set(path, 'uncaptured_in_the_way');
    } else if (special.has(path)) {
      obstacles.set(path, 'special_file_in_the_way');
    } else if (above !== undefined) {
      obstacles.set(path, above);
    } else if (newOid !== undefined && found === 'folder' && (await holdsMore(worktree, path, goes))) {
      obstacles.set(path, 'blocked_by_folder');
    } else if (oldOid === undefined && !renamed.includes(path)) {
      // Nothing captured stands there; if something is there all the same, nobody has a copy of it.
      if (found === 'file' || found === 'link' || found === 'unreadable') {
        obstacles.set(path, 'uncaptured_in_the_way');
      }
    }
  }
  return obstacles;
}
