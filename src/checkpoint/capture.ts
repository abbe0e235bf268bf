import { stat } from 'node:fs/promises';
import { GitError } from '../git/errors';
import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { leaveOutExcess } from './excess';
import { hashPaths, look, trustsExecuteBits, type Found, type Hashed } from './hash';
import type { Limits } from './limits';
import { filesWithReturns, keepLineEnds } from './lineEnds';
import type { CaptureMode, Uncovered } from './model';
import { isLinkedWorktree, repositoriesAround, submoduleCommits } from './nested';
import { scan, type ScannedPath } from './scan';
import { dropStatCache, type StatCache } from './statCache';
import { ignoredOf } from './tracked';
import { editTree, entriesAt, type PathEntry } from './trees';

/** A worktree's observed state as a tree, not yet published. */
export interface Capture {
  readonly mode: CaptureMode;
  readonly tree: string;
  readonly uncovered: readonly Uncovered[];
  /** How many further gaps there are that the last checkpoint counted without naming them. */
  readonly uncoveredMore: number;
  /** The objects that were stored for it, to be looked for again once it is published. */
  readonly stored: readonly string[];
  /** The paths that were read from disk, and how many bytes they held: what the next scan would read again. */
  readonly read: { readonly paths: readonly GitPath[]; readonly bytes: number };
}

/**
 * Captures the whole worktree: what `git status` says differs from the private index is read from disk and put on the
 * private index's tree. Nothing is taken over from what anybody believes.
 *
 * `previous` is the tree of the last checkpoint: a path that cannot be read keeps what the last checkpoint had.
 * @throws GitError when a step fails; nothing is published then.
 */
export async function captureWhole(
  worktree: Worktree,
  cache: StatCache,
  previous: string | undefined,
  limits: Limits,
  signal?: AbortSignal,
): Promise<Capture> {
  const scanned = await scanOnce(worktree, cache, signal);
  if (cache.segment !== undefined && scanned.some(({ path: name }) => /(^|\/)\.gitignore$/.test(name))) {
    // The private index knows untracked files that may be ignored from now on; the user's index does not.
    await dropStatCache(worktree);
    throw new GitError(
      'index_unusable',
      'status',
      'what is ignored has changed; the private index is made anew',
    );
  }
  const uncovered: Uncovered[] = cache.gitlinks.map((name) => ({ path: name, reason: 'submodule' }));
  const known = new Set(cache.gitlinks);
  const changed: GitPath[] = [];
  const untracked: GitPath[] = [];
  const deleted: GitPath[] = [];
  for (const { path: name, kind } of scanned) {
    if (kind === 'changed') {
      changed.push(name);
    } else if (kind === 'deleted') {
      deleted.push(name);
    } else if (kind === 'closed') {
      uncovered.push({ path: name, reason: 'unreadable' });
    } else if (kind === 'untracked') {
      untracked.push(name);
    } else if (kind === 'nested' && !known.has(name) && !(await isLinkedWorktree(worktree, name))) {
      uncovered.push({ path: name, reason: 'nested_repository' });
    }
  }
  const found = await look(worktree, [...changed, ...untracked]);
  for (const name of deleted) {
    found.set(name, { kind: 'nothing' });
  }
  uncovered.push(...(await leaveOutExcess(worktree, limits, found, untracked)));
  const submodules = scanned.filter(({ kind }) => kind === 'submodule').map(({ path: name }) => name);
  const links = await submoduleCommits(worktree, submodules);
  return assemble(worktree, 'whole', { base: cache.tree, previous, found, links, uncovered }, signal);
}

async function scanOnce(worktree: Worktree, cache: StatCache, signal?: AbortSignal): Promise<ScannedPath[]> {
  const before = await stat(cache.index);
  const scanned = await scan(worktree, cache.index, signal);
  // git takes a missing index for an empty one; a scan against nothing must not become a checkpoint.
  const after = await stat(cache.index);
  if (before.size < 12 || after.size < 12) {
    await dropStatCache(worktree);
    throw new GitError('index_unusable', 'status', 'the private index is damaged; it is made anew next time');
  }
  return scanned;
}

/**
 * Captures just the named paths on top of the last checkpoint's tree; its cost does not depend on the repository's size.
 * Each path is as it is on disk now; every other path is as the last checkpoint saw it.
 */
export async function capturePaths(
  worktree: Worktree,
  paths: readonly GitPath[],
  previous: string,
  limits: Limits,
  signal?: AbortSignal,
): Promise<Capture> {
  const found = await look(worktree, paths);
  const before = await entriesAt(worktree.plumbing, previous, paths);
  const unknown = paths.filter(
    (name) => before.get(name) === undefined && found.get(name)?.kind !== 'nothing',
  );
  const uncovered: Uncovered[] = [];
  const around = await repositoriesAround(worktree, unknown);
  for (const folder of new Set(around.values())) {
    const [entry] = (await entriesAt(worktree.plumbing, previous, [folder])).values();
    if (entry?.mode === '160000') {
      uncovered.push({ path: folder, reason: 'submodule' });
    } else if (!(await isLinkedWorktree(worktree, folder))) {
      uncovered.push({ path: folder, reason: 'nested_repository' });
    }
  }
  for (const name of around.keys()) {
    found.delete(name);
  }
  const fresh = unknown.filter((name) => !around.has(name));
  const ignored = await ignoredOf(worktree, fresh);
  for (const name of ignored) {
    found.delete(name);
    uncovered.push({ path: name, reason: 'ignored' });
  }
  const untracked = fresh.filter((name) => !ignored.has(name));
  uncovered.push(...(await leaveOutExcess(worktree, limits, found, untracked)));
  return assemble(
    worktree,
    'paths',
    { base: previous, previous, found, links: new Map(), uncovered },
    signal,
  );
}

/** Whether any of the paths is a folder, so that only a whole scan tells what is in it. */
export async function namesFolder(worktree: Worktree, paths: readonly GitPath[]): Promise<boolean> {
  const found = await look(worktree, paths);
  return [...found.values()].some(({ kind }) => kind === 'folder');
}

interface Parts {
  readonly base: string;
  readonly previous: string | undefined;
  readonly found: ReadonlyMap<GitPath, Found>;
  readonly links: ReadonlyMap<GitPath, PathEntry | undefined>;
  readonly uncovered: readonly Uncovered[];
}

async function assemble(
  worktree: Worktree,
  mode: CaptureMode,
  parts: Parts,
  signal?: AbortSignal,
): Promise<Capture> {
  // Both only read; git does the longer part.
  const [hashed, withReturns] = await Promise.all([
    hashPaths(worktree, parts.found, signal),
    filesWithReturns(worktree, parts.found),
  ]);
  await keepLineEnds(worktree, parts.base, withReturns, hashed);
  const edits = new Map<GitPath, PathEntry | undefined>(parts.links);
  const uncovered = [...parts.uncovered];
  const failed: GitPath[] = [];
  for (const [name, result] of hashed) {
    if (result.kind === 'uncovered') {
      uncovered.push({ path: name, reason: result.reason });
      failed.push(name);
    } else {
      edits.set(name, result.kind === 'stored' ? result.entry : undefined);
    }
  }
  if (!trustsExecuteBits(worktree)) {
    await keepExecuteBits(worktree, parts.base, edits);
  }
  if (parts.previous !== undefined && parts.previous !== parts.base) {
    const left = uncovered.filter(({ reason }) => reason !== 'submodule').map(({ path: name }) => name);
    for (const [name, entry] of await entriesAt(worktree.plumbing, parts.previous, left)) {
      edits.set(name, entry);
    }
  }
  const tree = await editTree(worktree.plumbing, parts.base, edits);
  return {
    mode,
    tree,
    uncovered: inPathOrder(uncovered),
    uncoveredMore: 0,
    stored: [tree, ...storedOids(hashed)],
    read: { paths: [...hashed.keys()].filter((name) => !failed.includes(name)), bytes: bytesOf(parts.found) },
  };
}

/** Where the file system has no execute bits (git's own setting on Windows), a file keeps the one it is known to have. */
async function keepExecuteBits(
  worktree: Worktree,
  base: string,
  edits: Map<GitPath, PathEntry | undefined>,
): Promise<void> {
  const files = [...edits].flatMap(([name, entry]) => (entry?.mode === '100644' ? [{ name, entry }] : []));
  const before = await entriesAt(
    worktree.plumbing,
    base,
    files.map(({ name }) => name),
  );
  for (const { name, entry } of files) {
    if (before.get(name)?.mode === '100755') {
      edits.set(name, { ...entry, mode: '100755' });
    }
  }
}

function storedOids(hashed: ReadonlyMap<GitPath, Hashed>): string[] {
  return [...hashed.values()].flatMap((result) => (result.kind === 'stored' ? [result.entry.oid] : []));
}

function bytesOf(found: ReadonlyMap<GitPath, Found>): number {
  return [...found.values()].reduce((sum, what) => sum + (what.kind === 'file' ? what.size : 0), 0);
}

/** Gaps in one order, so that the same gaps look the same. */
export function inPathOrder(uncovered: readonly Uncovered[]): Uncovered[] {
  return [...uncovered].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
