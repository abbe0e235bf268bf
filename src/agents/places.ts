import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { BelayError } from '../errors';
import { whenMissing } from '../git/missing';
import { pathFromText, type GitPath } from '../git/path';
import { openWorktree, type Worktree } from '../git/worktree';

/** Where something is to be captured: the named paths of a worktree, or all of it. */
export interface Place {
  readonly worktree: Worktree;
  readonly paths: readonly GitPath[] | 'all';
}

/**
 * The worktrees of this repository in which these paths lie, with the paths as git names them. Paths are relative to `cwd`,
 * or absolute; what lies in no worktree of the repository, or in a git dir, is nobody's matter. Worktrees other than the
 * given one are opened, and are the caller's to close.
 */
export async function placesOf(worktree: Worktree, cwd: string, names: readonly string[]): Promise<Place[]> {
  const places = new Map<string, { worktree: Worktree; paths: Set<GitPath> }>();
  for (const name of names) {
    const file = path.resolve(cwd, name);
    const real = await realFile(file);
    const within = real === undefined ? undefined : await worktreeAt(worktree, places, real);
    if (within === undefined || real === undefined) {
      continue;
    }
    const root = await realpath(within.root);
    const relative = path.relative(root, real).replaceAll(path.sep, '/');
    if (/(^|\/)\.git(\/|$)/i.test(relative)) {
      continue;
    }
    const place = places.get(within.key) ?? { worktree: within, paths: new Set() };
    places.set(within.key, place);
    place.paths.add(pathFromText(relative));
  }
  return [...places.values()].map(({ worktree: where, paths }) => ({
    worktree: where,
    // The root itself stands for everything.
    paths: paths.has('') ? 'all' : [...paths],
  }));
}

/** The worktrees of this repository, other than the given one, in which these folders lie. */
export async function otherWorktrees(
  worktree: Worktree,
  cwd: string,
  folders: readonly string[],
): Promise<Worktree[]> {
  const found = new Map<string, Worktree>();
  for (const name of folders) {
    const other = await openBeside(worktree, path.resolve(cwd, name));
    if (other !== undefined && !found.has(other.key)) {
      found.set(other.key, other);
    }
  }
  return [...found.values()];
}

async function worktreeAt(
  worktree: Worktree,
  known: ReadonlyMap<string, { readonly worktree: Worktree }>,
  file: string,
): Promise<Worktree | undefined> {
  const opened = [...[...known.values()].map((place) => place.worktree), worktree];
  const roots = await Promise.all(opened.map(({ root }) => realpath(root)));
  const inside = opened.filter((_, at) => isInside(roots[at] ?? '', file));
  // A worktree may lie inside of another one: the innermost that is known may still not be the innermost there is.
  const [closest] = inside.sort((a, b) => b.root.length - a.root.length);
  const own = closest !== undefined && !(await hasGitBetween(await realpath(closest.root), file));
  return own ? closest : openBeside(worktree, path.dirname(file));
}

/** Whether a folder between a worktree's root and a file is the root of another one. */
async function hasGitBetween(root: string, file: string): Promise<boolean> {
  for (let at = path.dirname(file); at !== root && isInside(root, at); at = path.dirname(at)) {
    if ((await realpath(path.join(at, '.git')).catch(whenMissing(undefined))) !== undefined) {
      return true;
    }
  }
  return false;
}

/** The worktree of the same repository that a folder lies in; undefined when it lies in none. */
async function openBeside(worktree: Worktree, folder: string): Promise<Worktree | undefined> {
  const existing = await nearestFolder(folder);
  try {
    const other = await openWorktree(worktree.git, existing);
    const same = other.repository.commonDir === worktree.repository.commonDir;
    return same && other.key !== worktree.key ? other : undefined;
  } catch (thrown) {
    if (thrown instanceof BelayError) {
      return undefined;
    }
    throw thrown;
  }
}

/** The file with the links of its folder resolved, but not itself: a link is captured as what it is. */
async function realFile(file: string): Promise<string | undefined> {
  const parent = path.dirname(file);
  if (parent === file) {
    return undefined;
  }
  const existing = await nearestFolder(parent);
  return path.join(await realpath(existing), path.relative(existing, file));
}

async function nearestFolder(folder: string): Promise<string> {
  let at = folder;
  while ((await realpath(at).catch(whenMissing(undefined))) === undefined && path.dirname(at) !== at) {
    at = path.dirname(at);
  }
  return at;
}

function isInside(root: string, file: string): boolean {
  return file === root || file.startsWith(root.endsWith(path.sep) ? root : `${root}${path.sep}`);
}
