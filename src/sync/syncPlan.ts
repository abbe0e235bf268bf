import { changesBetween } from '../checkpoint/changes';
import type { Checkpoint, FileChange } from '../checkpoint/checkpoint';
import { entriesAt, treeOf, type PathEntry } from '../checkpoint/trees';
import { somePaths, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { orAbsent } from '../restore/absent';
import { entriesOnDisk } from '../restore/disk';
import { holdsMore, inTheWayAbove } from '../restore/inTheWay';
import type { RestoreAction } from '../restore/restoreRequest';
import type { UserIndex } from './userIndex';

/** A branch and the worktree that is on it, from one commit to another. */
export interface Move {
  /** `refs/heads/...`; undefined moves a HEAD that is on no branch. */
  readonly branch: string | undefined;
  readonly from: string;
  readonly to: string;
  /**
   * `keep`: what is not committed stays, staged or not, and what is in the way of it stops the move. `reset`: files and index
   * become the target's; what they were is in the checkpoint.
   */
  readonly mode: 'keep' | 'reset';
  /** The checkpoint that was taken before: what is on disk, and what is staged. */
  readonly checkpoint: Checkpoint;
}

export interface Plan {
  /** The tree that says what is on disk at the paths. */
  readonly onDisk: string;
  /** The tree that they are brought to. */
  readonly target: string;
  readonly paths: readonly { readonly path: GitPath; readonly action: RestoreAction }[];
  /** Where submodules appear: git expects a folder there. */
  readonly folders: readonly GitPath[];
  /** The entries to put into the index, or, for a reset, the whole of the target. */
  readonly index: ReadonlyMap<GitPath, PathEntry | undefined> | 'target';
}

/** What keeps a move from starting, in a sentence. */
export interface Obstacle {
  readonly why: string;
}

type Selected = Plan['paths'][number];

const submodule = '160000';

/** How many paths a sentence names. */
const namedPaths = 5;

/** What a move would do, or what is in its way. Changes nothing. @throws BelayError `git_failed`. */
export async function planMove(worktree: Worktree, move: Move, index: UserIndex): Promise<Plan | Obstacle> {
  const plan = await (move.mode === 'keep'
    ? planToKeep(worktree, move, index)
    : planToReset(worktree, move, index));
  if (!('why' in plan)) {
    await requireContents(worktree, plan);
  }
  return plan;
}

/** @throws BelayError `git_failed` when a partial clone lacks what is to be written: known before anybody is asked anything. */
async function requireContents(worktree: Worktree, { target, paths }: Plan): Promise<void> {
  const names = paths.flatMap(({ path: name, action }) => (action === 'write' ? [name] : []));
  const entries = [...(await entriesAt(worktree.plumbing, target, names)).values()];
  await orAbsent(worktree.plumbing.infos(entries.flatMap((entry) => entry?.oid ?? [])));
}

/** Only what differs between the two commits moves, and only where disk and index are as the first of them has it. */
async function planToKeep(
  worktree: Worktree,
  { from, to }: Move,
  userIndex: UserIndex,
): Promise<Plan | Obstacle> {
  const changes = await changesBetween(worktree, from, to);
  const before = await treeOf(worktree.plumbing, from);
  const names = changes.map(({ path: name }) => name);
  const [staged, disk] = await Promise.all([userIndex.staged(from), entriesOnDisk(worktree, names, before)]);
  const blocked: GitPath[] = [];
  const selected: Selected[] = [];
  const index = new Map<GitPath, PathEntry | undefined>();
  for (const change of changes) {
    const { path: name, newOid, newMode } = change;
    index.set(
      name,
      newOid === undefined || newMode === undefined ? undefined : { oid: newOid, mode: newMode },
    );
    const other = staged.get(name);
    if (other !== undefined && (other.conflict || !isEntry(other.entry, newOid, newMode))) {
      blocked.push(name);
      continue;
    }
    const now = disk.get(name);
    const known = now?.kind === 'stored' || now?.kind === 'gone';
    const entry = now?.kind === 'stored' ? now.entry : undefined;
    const old = asFile(change.oldOid, change.oldMode);
    const wanted = asFile(newOid, newMode);
    if (old === undefined && wanted === undefined) {
      continue;
    }
    if (known && isEntry(entry, wanted?.oid, wanted?.mode)) {
      // An earlier move was stopped after it had put this one in place.
      continue;
    }
    if (known && isEntry(entry, old?.oid, old?.mode)) {
      selected.push({ path: name, action: wanted === undefined ? 'delete' : 'write' });
    } else {
      blocked.push(name);
    }
  }
  blocked.push(...(await withoutPlace(worktree, selected)));
  if (blocked.length > 0) {
    return { why: `Uncommitted work is in the way: ${listPaths(blocked)}.` };
  }
  const target = await treeOf(worktree.plumbing, to);
  return { onDisk: before, target, paths: selected, folders: newSubmodules(changes), index };
}

/** What is tracked becomes the target's. Untracked files stay, unless the target has a file of that name. */
async function planToReset(
  worktree: Worktree,
  { to, checkpoint }: Move,
  userIndex: UserIndex,
): Promise<Plan | Obstacle> {
  const before = checkpoint.tree;
  const stagedBefore = checkpoint.staged ?? checkpoint.base ?? before;
  const [changes, tracked, staged] = await Promise.all([
    changesBetween(worktree, before, to),
    userIndex.paths(),
    userIndex.differsFrom(stagedBefore),
  ]);
  if (staged.length > 0) {
    return { why: `Something was staged or unstaged meanwhile: ${listPaths(staged)}.` };
  }
  const selected: Selected[] = [];
  for (const change of changes) {
    const old = asFile(change.oldOid, change.oldMode);
    const wanted = asFile(change.newOid, change.newMode);
    if (wanted !== undefined || (old !== undefined && tracked.has(change.path))) {
      selected.push({ path: change.path, action: wanted === undefined ? 'delete' : 'write' });
    }
  }
  const uncaptured = await differing(
    worktree,
    selected.map(({ path: name }) => name),
    before,
  );
  const blocked = [...uncaptured, ...(await withoutPlace(worktree, selected))];
  if (blocked.length > 0) {
    return { why: `What no checkpoint holds is in the way: ${listPaths(blocked)}.` };
  }
  const target = await treeOf(worktree.plumbing, to);
  return { onDisk: before, target, paths: selected, folders: newSubmodules(changes), index: 'target' };
}

/** The paths that are not on disk as a tree has them: ignored, too large, changed since. */
async function differing(worktree: Worktree, names: readonly GitPath[], tree: string): Promise<GitPath[]> {
  const [disk, held] = await Promise.all([
    entriesOnDisk(worktree, names, tree),
    entriesAt(worktree.plumbing, tree, names),
  ]);
  return names.filter((name) => {
    const now = disk.get(name);
    const entry = held.get(name);
    const then = asFile(entry?.oid, entry?.mode);
    return now?.kind === 'stored' ? now.entry.oid !== then?.oid : now?.kind !== 'gone' || then !== undefined;
  });
}

/** The paths to be written that cannot be: a folder with more in it than goes, or a file above, stands in their place. */
async function withoutPlace(worktree: Worktree, selected: readonly Selected[]): Promise<GitPath[]> {
  const going = new Set(selected.flatMap(({ path: name, action }) => (action === 'delete' ? [name] : [])));
  const blocked: GitPath[] = [];
  for (const { path: name, action } of selected) {
    if (
      action === 'write' &&
      ((await holdsMore(worktree, name, going)) || (await inTheWayAbove(worktree, name, going)) !== undefined)
    ) {
      blocked.push(name);
    }
  }
  return blocked;
}

/** A submodule is no file: what is in it is its own repository's matter. */
function asFile(oid: string | undefined, mode: string | undefined): PathEntry | undefined {
  return oid === undefined || mode === undefined || mode === submodule || mode === '040000'
    ? undefined
    : { oid, mode };
}

function newSubmodules(changes: readonly FileChange[]): GitPath[] {
  return changes.flatMap(({ path: name, oldMode, newMode }) =>
    newMode === submodule && oldMode !== submodule ? [name] : [],
  );
}

function isEntry(entry: PathEntry | undefined, oid: string | undefined, mode: string | undefined): boolean {
  return entry?.oid === oid && entry?.mode === mode;
}

/** Some paths as text, and how many more there are. */
export function listPaths(paths: readonly GitPath[]): string {
  return somePaths([...new Set(paths)], namedPaths);
}
