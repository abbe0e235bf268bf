import { readEnds } from '../checkpoint/chain';
import { changesBetween } from '../checkpoint/changes';
import { look } from '../checkpoint/hash';
import { configuredLimits } from '../checkpoint/limits';
import type { FileChange, Uncovered } from '../checkpoint/model';
import { captureState } from '../checkpoint/state';
import { entriesAt } from '../checkpoint/trees';
import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { lastKnownTree } from './lastKnown';
import type { BlockedPath, BlockedReason, PlannedPath, RestorePlan, RestoreTarget } from './model';
import { unsaidBy } from './unsaid';
import { lastWriters, type LastWriter } from './writers';

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
  const ends = await readEnds(worktree, session);
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
  const differing = (await changesBetween(worktree, states.current, target.tree)).filter(({ path }) =>
    isChosen(path, chosen),
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
  const paths: PlannedPath[] = [];
  const blocked: BlockedPath[] = [];
  const obstacles = await findObstacles(worktree, states, changes);
  for (const change of changes) {
    const { path } = change;
    const reason = obstacles.get(path);
    if (reason !== undefined) {
      blocked.push({ path, reason });
      continue;
    }
    paths.push({
      path,
      action: change.newOid === undefined ? 'delete' : 'write',
      ...cautionFor(drifted.has(path), writers.get(path)),
    });
  }
  return { target, paths, blocked };
}

function cautionFor(
  drifted: boolean,
  writer: LastWriter | undefined,
): Pick<PlannedPath, 'caution' | 'writtenBy'> {
  if (drifted || writer?.kind === 'nobody') {
    return { caution: 'drifted', writtenBy: undefined };
  }
  return writer === undefined
    ? { caution: undefined, writtenBy: undefined }
    : { caution: 'other_session', writtenBy: writer.session };
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
      const entry = wrote.get(path);
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
  const onDisk = await look(
    worktree,
    changes.map(({ path }) => path),
  );
  for (const { path, oldMode, newMode, oldOid } of changes) {
    if (oldMode === '160000' || newMode === '160000') {
      obstacles.set(path, 'submodule');
    } else if (uncovered.has(path)) {
      obstacles.set(path, 'uncaptured_in_the_way');
    } else if (oldOid === undefined) {
      // Nothing captured stands there; if something is there all the same, nobody has a copy of it.
      const found = onDisk.get(path)?.kind;
      if (found === 'file' || found === 'link' || found === 'unreadable') {
        obstacles.set(path, 'uncaptured_in_the_way');
      }
    }
  }
  return obstacles;
}
