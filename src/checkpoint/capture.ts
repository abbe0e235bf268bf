import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { GitError } from '../git/errors';
import { pathBytes, pathFromBytes, pathFromText, type GitPath } from '../git/path';
import { hasCode, isMissing } from '../git/missing';
import type { Worktree } from '../git/worktree';
import { hashPaths, look, onDisk, trustsExecuteBits, type Found, type Hashed } from './hash';
import type { Limits } from './limits';
import type { CaptureMode, Uncovered } from './model';
import { scan, type ScannedPath } from './scan';
import { dropStatCache, type StatCache } from './statCache';
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
  uncovered.push(...(await overLimits(worktree, limits, found, untracked)));
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
  uncovered.push(...(await overLimits(worktree, limits, found, untracked)));
  return assemble(
    worktree,
    'paths',
    { base: previous, previous, found, links: new Map(), uncovered },
    signal,
  );
}

/** The innermost other repository that each of the paths lies in, where it lies in one. */
async function repositoriesAround(
  worktree: Worktree,
  paths: readonly GitPath[],
): Promise<Map<GitPath, GitPath>> {
  const folders = new Set(paths.flatMap(foldersAround));
  const marks = [...folders].flatMap((folder) => [`${folder}/.git`, `${folder}/.git/HEAD`]);
  const found = await look(worktree, marks);
  const isRepository = (folder: GitPath): boolean => {
    const head = found.get(`${folder}/.git/HEAD`)?.kind;
    return found.get(`${folder}/.git`)?.kind === 'file' || head === 'file' || head === 'link';
  };
  return new Map(
    paths.flatMap((name): [GitPath, GitPath][] => {
      const folder = foldersAround(name).find(isRepository);
      return folder === undefined ? [] : [[name, folder]];
    }),
  );
}

/** The folders that a path lies in, the innermost first, without the root. */
function foldersAround(name: GitPath): GitPath[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
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
  const hashed = await hashPaths(worktree, parts.found, signal);
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
    uncovered: uncovered.sort((a, b) => (a.path < b.path ? -1 : 1)),
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

/** Takes what is over the limits out of `found`, and says so. Small files go first, so that as many as can be are kept. */
async function overLimits(
  worktree: Worktree,
  limits: Limits,
  found: Map<GitPath, Found>,
  untracked: readonly GitPath[],
): Promise<Uncovered[]> {
  const sizeOf = (name: GitPath): number => {
    const what = found.get(name);
    return what?.kind === 'file' ? what.size : 0;
  };
  const uncovered: Uncovered[] = [];
  const leaveOut = (name: GitPath, reason: Uncovered['reason']): void => {
    found.delete(name);
    uncovered.push({ path: name, reason });
  };
  const large = [...found.keys()].filter((name) => sizeOf(name) > limits.maxFileSize);
  const tracked = await trackedByUser(worktree, large);
  for (const name of large.filter((candidate) => !tracked.has(candidate))) {
    leaveOut(name, 'too_large');
  }
  let total = 0;
  let count = 0;
  for (const name of untracked
    .filter((candidate) => found.has(candidate))
    .sort((a, b) => sizeOf(a) - sizeOf(b))) {
    total += sizeOf(name);
    count += 1;
    if (total > limits.maxTotalSize) {
      leaveOut(name, 'total_exceeded');
    } else if (count > limits.maxFiles) {
      leaveOut(name, 'too_many');
    }
  }
  return uncovered;
}

/** Those of the paths that are in the user's own index. */
async function trackedByUser(worktree: Worktree, paths: readonly GitPath[]): Promise<Set<GitPath>> {
  const tracked = new Set<GitPath>();
  for (const name of paths) {
    // A name that is not UTF-8 cannot be asked for; all are listed then.
    const one = pathFromText(argument(name)) === name ? ['--', argument(name)] : [];
    const { stdout } = await worktree.git.run({
      args: ['--literal-pathspecs', 'ls-files', '-z', '--cached', ...one],
      cwd: worktree.root,
    });
    if (pathFromBytes(stdout).split('\0').includes(name)) {
      tracked.add(name);
    }
  }
  return tracked;
}

/** A path as a command line argument, for the rare commands that take no list. Names that are not UTF-8 do not fit. */
function argument(name: GitPath): string {
  return pathBytes(name).toString('utf8');
}

async function ignoredOf(worktree: Worktree, paths: readonly GitPath[]): Promise<Set<GitPath>> {
  if (paths.length === 0) {
    return new Set();
  }
  const { stdout } = await worktree.git.run({
    args: ['check-ignore', '--no-index', '-z', '--stdin'],
    cwd: worktree.root,
    // It takes path specifications, not paths: a leading colon would be read as one.
    input: Buffer.from(paths.map((name) => `./${name}\0`).join(''), 'latin1'),
    answers: [1],
  });
  const ignored = new Set(
    pathFromBytes(stdout)
      .split('\0')
      .slice(0, -1)
      .map((name) => name.slice(2)),
  );
  // What the user tracks is not ignored, whatever the patterns say.
  const tracked = await trackedByUser(worktree, [...ignored]);
  return new Set([...ignored].filter((name) => !tracked.has(name)));
}

/** A linked worktree of the same repository inside this one has a shadow branch of its own: it is no gap. */
async function isLinkedWorktree(worktree: Worktree, name: GitPath): Promise<boolean> {
  const dotGit = Buffer.concat([onDisk(worktree, name), Buffer.from('/.git')]);
  try {
    const pointer = (await readFile(dotGit, 'utf8')).replace(/^gitdir: /, '').trim();
    return path.resolve(pointer).startsWith(path.join(worktree.repository.commonDir, 'worktrees') + path.sep);
  } catch (thrown) {
    if (isMissing(thrown) || hasCode(thrown, 'EISDIR')) {
      return false;
    }
    throw thrown;
  }
}

/** The commit that each moved submodule is at; undefined where its folder is gone. */
async function submoduleCommits(
  worktree: Worktree,
  paths: readonly GitPath[],
): Promise<Map<GitPath, PathEntry | undefined>> {
  const commits = new Map<GitPath, PathEntry | undefined>();
  const found = await look(
    worktree,
    paths.flatMap((name) => [name, `${name}/.git`]),
  );
  for (const name of paths) {
    if (found.get(name)?.kind === 'nothing') {
      commits.set(name, undefined);
      continue;
    }
    if (found.get(`${name}/.git`)?.kind === 'nothing') {
      // Without a repository of its own, git would answer for the one around it.
      continue;
    }
    const { stdout, exitCode } = await worktree.git.run({
      args: ['rev-parse', '-q', '--verify', 'HEAD'],
      cwd: path.join(worktree.root, argument(name)),
      answers: [1, 128],
    });
    if (exitCode === 0) {
      commits.set(name, { mode: '160000', oid: stdout.toString('ascii').trim() });
    }
  }
  return commits;
}
