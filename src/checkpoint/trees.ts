import { GitError } from '../git/errors';
import type { GitPath } from '../git/path';
import type { Plumbing, TreeEntry } from '../git/plumbing';

/** What a path holds in a tree: git's mode and the object. */
export interface PathEntry {
  readonly mode: string;
  readonly oid: string;
}

/** What each path is to hold; undefined takes the path out. */
export type TreeEdits = ReadonlyMap<GitPath, PathEntry | undefined>;

const treeMode = '040000';

/**
 * The tree that `root` becomes with the edits. Only the trees on the edited paths are read and written, so the cost
 * does not depend on the repository's size. A file takes the place of a folder and the other way round.
 */
export async function editTree(plumbing: Plumbing, root: string, edits: TreeEdits): Promise<string> {
  if (edits.size === 0) {
    return root;
  }
  return (await edited(plumbing, root, edits)) ?? (await plumbing.writeTree([]));
}

/** The edited tree's id; undefined when nothing is left in it. */
async function edited(
  plumbing: Plumbing,
  oid: string | undefined,
  edits: TreeEdits,
): Promise<string | undefined> {
  const before = oid === undefined ? [] : await plumbing.tree(oid);
  const entries = new Map(before.map((entry) => [entry.name, entry]));
  const { own, below } = group(edits);
  for (const [name, entry] of own) {
    if (entry === undefined) {
      // Only a file leaves: if a folder stands there by now, its own paths say what becomes of it.
      if (entries.get(name)?.mode !== treeMode) {
        entries.delete(name);
      }
    } else {
      entries.set(name, { name, ...entry });
    }
  }
  for (const [name, deeper] of below) {
    const existing = entries.get(name);
    if (existing !== undefined && existing.mode !== treeMode && !addsAnything(deeper)) {
      continue;
    }
    const child = await edited(plumbing, existing?.mode === treeMode ? existing.oid : undefined, deeper);
    if (child === undefined) {
      entries.delete(name);
    } else {
      entries.set(name, { name, mode: treeMode, oid: child });
    }
  }
  return entries.size === 0 ? undefined : plumbing.writeTree([...entries.values()]);
}

function addsAnything(edits: TreeEdits): boolean {
  return [...edits.values()].some((entry) => entry !== undefined);
}

function group(edits: TreeEdits): {
  own: Map<string, PathEntry | undefined>;
  below: Map<string, Map<GitPath, PathEntry | undefined>>;
} {
  const own = new Map<string, PathEntry | undefined>();
  const below = new Map<string, Map<GitPath, PathEntry | undefined>>();
  for (const [path, entry] of edits) {
    const slash = path.indexOf('/');
    if (slash < 0) {
      own.set(path, entry);
      continue;
    }
    const name = path.slice(0, slash);
    const deeper = below.get(name) ?? new Map<GitPath, PathEntry | undefined>();
    deeper.set(path.slice(slash + 1), entry);
    below.set(name, deeper);
  }
  return { own, below };
}

/** What each of the paths holds in a tree, reading each tree on the way once. */
export async function entriesAt(
  plumbing: Plumbing,
  root: string,
  paths: readonly GitPath[],
): Promise<Map<GitPath, PathEntry | undefined>> {
  const trees = new Map<string, Promise<readonly TreeEntry[]>>();
  const read = (oid: string): Promise<readonly TreeEntry[]> => {
    const known = trees.get(oid) ?? plumbing.tree(oid);
    trees.set(oid, known);
    return known;
  };
  const found = new Map<GitPath, PathEntry | undefined>();
  for (const path of paths) {
    let entry: PathEntry | undefined = { mode: treeMode, oid: root };
    for (const name of path.split('/')) {
      const tree: readonly TreeEntry[] = entry?.mode === treeMode ? await read(entry.oid) : [];
      entry = tree.find((candidate) => candidate.name === name);
    }
    found.set(path, entry === undefined ? undefined : { mode: entry.mode, oid: entry.oid });
  }
  return found;
}

/** The tree of a commit. @throws GitError `object_missing` when it cannot be read. */
export async function treeOf(plumbing: Plumbing, commit: string): Promise<string> {
  const [info] = await plumbing.infos([`${commit}^{tree}`]);
  if (info === undefined) {
    throw new GitError('object_missing', 'cat-file', `the tree of ${commit} is missing`);
  }
  return info.oid;
}
