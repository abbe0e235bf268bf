import { lstat, realpath } from 'node:fs/promises';
import path from 'node:path';
import { BelayError } from '../errors';
import type { Git } from '../git/git';
import { hasCode, isMissing, whenMissing } from '../git/diskErrors';
import { pathFromText, type GitPath } from '../git/path';
import { closeWorktree, openWorktree, type Worktree } from '../git/worktree';

/** Where something is to be captured: the named paths of a worktree, or all of it. */
export interface Place {
  readonly worktree: Worktree;
  readonly paths: readonly GitPath[] | 'all';
}

/** The worktrees that a hook has to do with, in whatever repository: each is opened once, and they are closed together. */
export class Worktrees {
  /** By folder; undefined: none could be opened there. */
  private readonly opened = new Map<string, Promise<Worktree | undefined>>();

  /** @param home the worktree that the agent works in, which is the caller's to close; undefined: it works in none. */
  constructor(
    private readonly git: Git,
    readonly home: Worktree | undefined,
  ) {}

  /** The innermost worktree that a folder lies in, or would lie in; undefined: it lies in none that could be opened. */
  async at(folder: string): Promise<Worktree | undefined> {
    const homeRoot = this.home && (await realFolder(this.home.root));
    let at = await nearestFolder(folder);
    for (;;) {
      if (at === homeRoot) {
        return this.home;
      }
      if ((await realFolder(path.join(at, '.git'))) !== undefined) {
        return this.openAt(at);
      }
      const above = path.dirname(at);
      if (above === at) {
        return undefined;
      }
      at = above;
    }
  }

  /** Lets the processes of all but the agent's own worktree end. */
  async close(): Promise<void> {
    for (const opening of this.opened.values()) {
      const worktree = await opening;
      if (worktree !== undefined && worktree !== this.home) {
        closeWorktree(worktree);
      }
    }
  }

  private openAt(folder: string): Promise<Worktree | undefined> {
    const known = this.opened.get(folder) ?? this.open(folder);
    this.opened.set(folder, known);
    return known;
  }

  private async open(folder: string): Promise<Worktree | undefined> {
    try {
      const found = await openWorktree(this.git, folder);
      // What looks like a git dir may be none, and git then finds the one around it.
      return found.gitDir === this.home?.gitDir ? this.home : found;
    } catch (thrown) {
      if (thrown instanceof BelayError) {
        return undefined;
      }
      throw thrown;
    }
  }
}

/**
 * The worktrees in which these paths lie, with the paths as git names them. Paths are relative to `cwd`, or absolute; what
 * lies in no worktree, or in a git dir, is nobody's matter.
 */
export async function placesOf(
  worktrees: Worktrees,
  cwd: string,
  names: readonly string[],
): Promise<Place[]> {
  const places = new Map<string, { worktree: Worktree; paths: Set<GitPath> }>();
  for (const name of names) {
    const real = await realFile(path.resolve(cwd, name));
    if (real === undefined) {
      continue;
    }
    const isFolder = (await lstat(real).catch(whenMissing(undefined)))?.isDirectory() === true;
    const within = await worktrees.at(isFolder ? real : path.dirname(real));
    if (within === undefined) {
      continue;
    }
    const relative = path.relative(await realpath(within.root), real).replaceAll(path.sep, '/');
    if (/(^|\/)\.git(\/|$)/i.test(relative)) {
      continue;
    }
    const place = places.get(within.gitDir) ?? { worktree: within, paths: new Set() };
    places.set(within.gitDir, place);
    place.paths.add(pathFromText(relative));
  }
  return [...places.values()].map(({ worktree: where, paths }) => ({
    worktree: where,
    // The root itself stands for everything.
    paths: paths.has('') ? 'all' : [...paths],
  }));
}

/** The file with the links of its folder resolved, but not itself: a link is captured as what it is. */
async function realFile(file: string): Promise<string | undefined> {
  const parent = path.dirname(file);
  if (parent === file) {
    return undefined;
  }
  const existing = await nearestExisting(parent);
  return path.join((await realFolder(existing)) ?? existing, path.relative(existing, file));
}

async function nearestFolder(folder: string): Promise<string> {
  const existing = await nearestExisting(folder);
  return (await realFolder(existing)) ?? existing;
}

async function nearestExisting(folder: string): Promise<string> {
  let at = folder;
  while ((await realFolder(at)) === undefined && path.dirname(at) !== at) {
    at = path.dirname(at);
  }
  return at;
}

/** With links resolved; undefined where nothing is there, or it cannot be told. */
async function realFolder(folder: string): Promise<string | undefined> {
  try {
    return await realpath(folder);
  } catch (thrown) {
    if (isMissing(thrown) || hasCode(thrown, 'EACCES', 'ELOOP', 'ENAMETOOLONG')) {
      return undefined;
    }
    throw thrown;
  }
}
