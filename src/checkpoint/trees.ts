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
 * does not depend on the repository's size; all trees of one depth go to git in one request. A file takes the place of
 * a folder and the other way round.
 */
export async function editTree(plumbing: Plumbing, root: string, edits: TreeEdits): Promise<string> {
  if (edits.size === 0) {
    return root;
  }
  const top: Folder = { oid: root, entries: new Map(), below: new Map(), edits };
  const levels: Folder[][] = [];
  for (let level = [top]; level.length > 0; level = level.flatMap((folder) => [...folder.below.values()])) {
    await readLevel(plumbing, level);
    levels.push(level);
  }
  for (const level of levels.reverse()) {
    await writeLevel(plumbing, level);
  }
  return top.oid ?? (await plumbing.writeTree([]));
}

/** A folder on the way to an edited path. */
interface Folder {
  /** Its tree: before the edits, and once it is written, after them. Undefined when there is none. */
  oid: string | undefined;
  readonly entries: Map<string, TreeEntry>;
  /** The folders in it that have edits of their own. */
  readonly below: Map<string, Folder>;
  readonly edits: TreeEdits;
}

/** Reads the folders, puts the edits of their own names in place, and opens the folders below that have edits. */
async function readLevel(plumbing: Plumbing, level: readonly Folder[]): Promise<void> {
  const known = level.flatMap(({ oid }) => (oid === undefined ? [] : [oid]));
  const trees = new Map<string, TreeEntry[]>();
  for (const [index, entries] of (await plumbing.trees(known)).entries()) {
    trees.set(known[index] ?? '', entries);
  }
  for (const folder of level) {
    for (const entry of trees.get(folder.oid ?? '') ?? []) {
      folder.entries.set(entry.name, entry);
    }
    const { own, below } = group(folder.edits);
    for (const [name, entry] of own) {
      if (entry !== undefined) {
        folder.entries.set(name, { name, ...entry });
      } else if (folder.entries.get(name)?.mode !== treeMode) {
        // Only a file leaves: if a folder stands there by now, its own paths say what becomes of it.
        folder.entries.delete(name);
      }
    }
    for (const [name, edits] of below) {
      const existing = folder.entries.get(name);
      const isFolder = existing?.mode === treeMode;
      if (existing === undefined || isFolder || addsAnything(edits)) {
        const oid = isFolder ? existing.oid : undefined;
        folder.below.set(name, { oid, entries: new Map(), below: new Map(), edits });
      }
    }
  }
}

/** Writes the folders, whose own folders are written already; an empty one is taken out of the one above it. */
async function writeLevel(plumbing: Plumbing, level: readonly Folder[]): Promise<void> {
  for (const folder of level) {
    for (const [name, child] of folder.below) {
      if (child.oid === undefined) {
        folder.entries.delete(name);
      } else {
        folder.entries.set(name, { name, mode: treeMode, oid: child.oid });
      }
    }
  }
  const filled = level.filter(({ entries }) => entries.size > 0);
  const oids = await plumbing.writeTrees(filled.map(({ entries }) => [...entries.values()]));
  for (const folder of level) {
    folder.oid = undefined;
  }
  for (const [index, folder] of filled.entries()) {
    folder.oid = oids[index];
  }
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

/** The files of a tree that another tree has nothing of. Only folders that differ are read, all of one depth at once. */
export async function pathsOnlyIn(plumbing: Plumbing, before: string, after: string): Promise<GitPath[]> {
  const only: GitPath[] = [];
  let level: { path: string; before: string; after: string | undefined }[] = [{ path: '', before, after }];
  while (level.length > 0) {
    const oids = [...new Set(level.flatMap((folder) => [folder.before, folder.after ?? []].flat()))];
    const trees = new Map((await plumbing.trees(oids)).map((entries, index) => [oids[index], entries]));
    const below: typeof level = [];
    for (const folder of level) {
      const others = new Map((trees.get(folder.after) ?? []).map((entry) => [entry.name, entry]));
      for (const { name, mode, oid } of trees.get(folder.before) ?? []) {
        const other = others.get(name);
        if (mode === treeMode) {
          const same = other?.mode === treeMode ? other.oid : undefined;
          if (same !== oid) {
            below.push({ path: `${folder.path}${name}/`, before: oid, after: same });
          }
        } else if (other === undefined) {
          only.push(folder.path + name);
        }
      }
    }
    level = below;
  }
  return only;
}

/** The tree of a commit. @throws GitError `object_missing` when it cannot be read. */
export async function treeOf(plumbing: Plumbing, commit: string): Promise<string> {
  const [info] = await plumbing.infos([`${commit}^{tree}`]);
  if (info === undefined) {
    throw new GitError('object_missing', 'cat-file', `the tree of ${commit} is missing`);
  }
  return info.oid;
}
