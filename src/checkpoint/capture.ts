import { stat } from 'node:fs/promises';
import { GitError } from '../git/errors';
import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { leaveOutExcess } from './excess';
import { hashPaths, look, trustsExecuteBits, type DiskEntry, type Hashed } from './hash';
import type { Limits } from './limits';
import { filesWithReturns, keepLineEnds } from './lineEnds';
import { isIgnoreFile } from './ignoreFiles';
import { Ignoring } from './ignoring';
import { isIncluded, rulesText, type IgnoreRecord } from './ignoreRecord';
import { ignoredButIncluded, ignoredByNow, leftOutOf, stillIgnored } from './leftOut';
import type { CaptureMode, Uncovered, UncoveredReason } from './checkpoint';
import { isLinkedWorktree, submoduleCommits } from './nested';
import { scan, type ScannedPath } from './scan';
import { dropStatCache, type StatCache } from './statCache';
import { sparseEntries } from './tracked';
import { storeFiles } from './paced';
import type { Pace } from './pace';
import { editTree, entriesAt, type PathEntry } from './trees';

/** A worktree's observed state as a tree, not yet published. */
export interface Capture {
  readonly mode: CaptureMode;
  readonly tree: string;
  readonly uncovered: readonly Uncovered[];
  /** How many further gaps there are that the last checkpoint counted without naming them. */
  readonly uncoveredMore: number;
  /** What the next capture is to know of ignore rules. */
  readonly ignore: IgnoreRecord;
  /** The objects that were stored for it, to be looked for again once it is published. */
  readonly stored: readonly string[];
  /** The paths that were read from disk, and how many bytes they held: what the next scan would read again. */
  readonly read: { readonly paths: readonly GitPath[]; readonly bytes: number };
}

/** What a capture builds on. */
export interface Before {
  /** The tree of the last checkpoint. */
  readonly tree: string | undefined;
  /** The tree of what was captured, or committed, until now: where a path is missing that is there, an ignore rule came. */
  readonly captured: string;
  readonly ignore: IgnoreRecord;
}

/**
 * Captures the whole worktree: what `git status` says differs from the private index is read from disk and put on the
 * private index's tree. Nothing is taken over from what anybody believes. A path that cannot be read keeps what the last
 * checkpoint had; one that was ignored until now stays out.
 * @throws GitError when a step fails; nothing is published then.
 */
export async function captureWhole(
  worktree: Worktree,
  cache: StatCache,
  before: Before,
  limits: Limits,
  signal?: AbortSignal,
  pace?: Pace,
): Promise<Capture> {
  const begun = await Ignoring.begin(worktree, before.ignore, cache.ignoreFiles);
  const scanned = await scanOnce(worktree, cache, signal, pace);
  const ignoring = await begun.end(scanned.map(({ path: name }) => name).filter(isIgnoreFile));
  const { included } = before.ignore;
  const ignore = { ...ignoring.afterScan(), included, left: before.ignore.left };
  if (cache.segment !== undefined && cache.rules !== rulesText(ignore)) {
    // The private index knows untracked files that may be ignored from now on; the user's index does not.
    await dropStatCache(worktree);
    throw new GitError(
      'index_unusable',
      'status',
      'what is ignored has changed; the private index is made anew',
    );
  }
  const paths = await sorted(worktree, cache, scanned);
  const inConflict = new Set(cache.unmerged.map(({ path: name }) => name));
  const leftOut = await leftOutOf(
    ignoring,
    paths.untracked.filter((name) => !inConflict.has(name)),
    (name) => isIncluded(name, included),
  );
  const listed = new Set(paths.ignored);
  const untracked = new Set([
    ...paths.untracked.filter((name) => !leftOut.paths.has(name)),
    ...(await ignoredButIncluded(worktree, cache.index, included, listed)),
  ]);
  const uncovered = [...paths.uncovered, ...gapsAt(leftOut.gaps)];
  const found = await look(worktree, [...paths.changed, ...untracked]);
  const absent = cache.sparse ? await sparseEntries(worktree, paths.deleted) : new Map<GitPath, PathEntry>();
  for (const name of paths.deleted.filter((gone) => !absent.has(gone))) {
    found.set(name, { kind: 'nothing' });
  }
  uncovered.push(...(await leaveOutExcess(worktree, limits, found, [...untracked])));
  const links = new Map([...(await submoduleCommits(worktree, paths.submodules)), ...absent]);
  const parts = { base: cache.tree, previous: before.tree, found, links, uncovered, ignore };
  const capture = await assemble(worktree, 'whole', parts, signal, pace);
  const left = [
    ...(await stillIgnored(worktree, before.ignore.left, listed)),
    ...(await ignoredByNow(worktree, { before: before.captured, after: capture.tree }, listed)),
  ];
  return withGaps(capture, [...new Set(left)]);
}

/** The paths of a scan by what is to be done with them. */
interface Sorted {
  readonly changed: GitPath[];
  readonly untracked: GitPath[];
  readonly deleted: GitPath[];
  readonly submodules: GitPath[];
  readonly ignored: GitPath[];
  readonly uncovered: Uncovered[];
}

async function sorted(
  worktree: Worktree,
  cache: StatCache,
  scanned: readonly ScannedPath[],
): Promise<Sorted> {
  const uncovered: Uncovered[] = cache.gitlinks.map((name) => ({ path: name, reason: 'submodule' }));
  const known = new Set(cache.gitlinks);
  const of = (wanted: ScannedPath['kind']): GitPath[] =>
    scanned.flatMap(({ path: name, kind }) => (kind === wanted ? [name] : []));
  for (const name of of('closed')) {
    uncovered.push({ path: name, reason: 'unreadable' });
  }
  for (const name of of('nested')) {
    if (!known.has(name) && !(await isLinkedWorktree(worktree, name))) {
      uncovered.push({ path: name, reason: 'nested_repository' });
    }
  }
  return {
    changed: of('changed'),
    untracked: of('untracked'),
    deleted: of('deleted'),
    submodules: of('submodule'),
    ignored: of('ignored'),
    uncovered,
  };
}

function gapsAt(names: readonly GitPath[]): Uncovered[] {
  return names.map((name) => ({ path: name, reason: 'ignored_before' }));
}

/** The capture, and what was captured until an ignore rule came. */
function withGaps(capture: Capture, left: readonly GitPath[]): Capture {
  const named = new Set(capture.uncovered.map(({ path: name }) => name));
  const gaps = gapsAt(left.filter((name) => !named.has(name)));
  return {
    ...capture,
    uncovered: inPathOrder([...capture.uncovered, ...gaps]),
    ignore: { ...capture.ignore, left },
  };
}

async function scanOnce(
  worktree: Worktree,
  cache: StatCache,
  signal?: AbortSignal,
  pace?: Pace,
): Promise<ScannedPath[]> {
  const before = await stat(cache.index);
  const scanned = await scan(worktree, cache.index, signal, pace);
  // git takes a missing index for an empty one; a scan against nothing must not become a checkpoint.
  const after = await stat(cache.index);
  if (before.size < 12 || after.size < 12) {
    await dropStatCache(worktree);
    throw new GitError('index_unusable', 'status', 'the private index is damaged; it is made anew next time');
  }
  return scanned;
}

/** What a capture's tree is made of. */
export interface Parts {
  readonly base: string;
  readonly previous: string | undefined;
  readonly found: ReadonlyMap<GitPath, DiskEntry>;
  readonly links: ReadonlyMap<GitPath, PathEntry | undefined>;
  readonly uncovered: readonly Uncovered[];
  readonly ignore: IgnoreRecord;
}

/** Reads what was found from disk and puts it on the base tree. */
export async function assemble(
  worktree: Worktree,
  mode: CaptureMode,
  parts: Parts,
  signal?: AbortSignal,
  pace?: Pace,
): Promise<Capture> {
  // Both only read; git does the longer part.
  const [hashed, withReturns] = await Promise.all([
    hashPaths(worktree, parts.found, signal, (where, files, found) =>
      storeFiles(where, files, found, pace, signal),
    ),
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
    const unread = uncovered.filter(({ reason }) => keepsItsPlace(reason)).map(({ path: name }) => name);
    for (const [name, entry] of await entriesAt(worktree.plumbing, parts.previous, unread)) {
      edits.set(name, entry);
    }
  }
  const tree = await editTree(worktree.plumbing, parts.base, edits);
  return {
    mode,
    tree,
    uncovered: inPathOrder(uncovered),
    uncoveredMore: 0,
    ignore: parts.ignore,
    stored: [tree, ...storedOids(hashed)],
    read: { paths: [...hashed.keys()].filter((name) => !failed.includes(name)), bytes: bytesOf(parts.found) },
  };
}

/** Whether the last checkpoint's version of a path goes on standing in the tree when this one cannot have it. */
function keepsItsPlace(reason: UncoveredReason): boolean {
  return reason !== 'submodule' && reason !== 'ignored' && reason !== 'ignored_before';
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

function bytesOf(found: ReadonlyMap<GitPath, DiskEntry>): number {
  return [...found.values()].reduce((sum, what) => sum + (what.kind === 'file' ? what.size : 0), 0);
}

/** Gaps in one order, so that the same gaps look the same. */
export function inPathOrder(uncovered: readonly Uncovered[]): Uncovered[] {
  return [...uncovered].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
