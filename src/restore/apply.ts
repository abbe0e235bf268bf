import { entriesAt, type PathEntry } from '../checkpoint/trees';
import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { BelayError } from '../errors';
import { behindLinks, entriesOnDisk } from './disk';
import type { BlockedPath, RestoreAction } from './model';
import { noteApplied } from './noted';
import { putFile, removeFile, sight, stageFiles, type Sighting, type StagedFiles } from './write';

/** What became of the paths that were to be put in place. */
export interface Applied {
  readonly written: GitPath[];
  readonly deleted: GitPath[];
  readonly blocked: BlockedPath[];
  /** Why it stopped before the end. */
  stopped?: BelayError;
}

export interface Order {
  /** The tree that holds what each path is on disk now: what differs from it has changed since and is left alone. */
  readonly from: string;
  readonly to: string;
  readonly paths: readonly { readonly path: GitPath; readonly action: RestoreAction }[];
  /** Stop at the first path that cannot be put in place; before any is touched, if that shows in time. */
  readonly whole?: boolean;
}

/**
 * Brings paths on disk from one tree to another, each by a rename of its own, the deletions first. `check` is asked before
 * each one, and what it refuses with, or a failure in the middle, stops the rest: the result says what was done by then.
 * @throws BelayError when nothing was done yet.
 */
export async function applyPaths(
  worktree: Worktree,
  order: Order,
  check: () => Promise<void>,
): Promise<Applied> {
  const { paths: selected } = order;
  const result: Applied = { written: [], deleted: [], blocked: [] };
  const wanted = await entriesAt(
    worktree.plumbing,
    order.to,
    selected.flatMap(({ path, action }) => (action === 'write' ? [path] : [])),
  );
  const entries = new Map<GitPath, PathEntry>();
  for (const [path, entry] of wanted) {
    if (entry !== undefined) {
      entries.set(path, entry);
    }
  }
  const deleted = selected.flatMap(({ path, action }) => (action === 'delete' ? [path] : []));
  const staged = await stageFiles(worktree, entries, deleted);
  try {
    await putAll(worktree, order, staged, await sightAll(worktree, order, result.blocked), check, result);
  } finally {
    noteApplied(worktree, order, result);
    await staged.remove();
  }
  return result;
}

async function putAll(
  worktree: Worktree,
  order: Order,
  staged: StagedFiles,
  seen: ReadonlyMap<GitPath, Sighting>,
  check: () => Promise<void>,
  result: Applied,
): Promise<void> {
  try {
    const over = (): boolean => order.whole === true && result.blocked.length > 0;
    for (const { path } of order.paths.filter(({ action }) => action === 'delete')) {
      if (seen.has(path) && !over()) {
        await check();
        const reason = await orFailed(removeFile(worktree, path, seen.get(path)));
        record(path, reason, result.deleted, result.blocked);
      }
    }
    for (const { path } of order.paths.filter(({ action }) => action === 'write')) {
      if (seen.has(path) && !over()) {
        await check();
        const reason = await orFailed(putStaged(worktree, path, staged, seen.get(path)));
        record(path, reason, result.written, result.blocked);
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof BelayError)) {
      throw thrown;
    }
    result.stopped = thrown;
  }
}

async function putStaged(
  worktree: Worktree,
  path: GitPath,
  staged: StagedFiles,
  seen: Sighting,
): Promise<BlockedPath['reason'] | undefined> {
  const file = await staged.locate(path);
  return file === undefined ? 'write_failed' : putFile(worktree, path, file, seen);
}

/** A path that the disk refuses is one that was not written: it does not keep the caller from hearing of the others. */
async function orFailed(
  work: Promise<BlockedPath['reason'] | undefined>,
): Promise<BlockedPath['reason'] | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if (thrown instanceof Error && 'syscall' in thrown) {
      return 'write_failed';
    }
    throw thrown;
  }
}

function record(
  path: GitPath,
  reason: BlockedPath['reason'] | undefined,
  done: GitPath[],
  blocked: BlockedPath[],
): void {
  if (reason === undefined) {
    done.push(path);
  } else {
    blocked.push({ path, reason });
  }
}

/**
 * Sees each selected path once more, and compares its content with what it was taken to be: what differs has
 * changed since and is left alone. The sighting comes before the comparison, so that a later change shows in it.
 */
async function sightAll(
  worktree: Worktree,
  order: Order,
  blocked: BlockedPath[],
): Promise<Map<GitPath, Sighting>> {
  const paths = order.paths.map(({ path }) => path);
  const seen = new Map<GitPath, Sighting>();
  const behind = await behindLinks(worktree, paths);
  for (const path of paths) {
    seen.set(path, behind.has(path) ? undefined : await sight(worktree, path));
  }
  const [hashed, captured] = await Promise.all([
    entriesOnDisk(worktree, paths, order.from, behind),
    entriesAt(worktree.plumbing, order.from, paths),
  ]);
  for (const path of paths) {
    const now = hashed.get(path);
    const entry = captured.get(path);
    // A folder stands there where a file is wanted: it is the files in it that count. A submodule's are its own.
    const then = entry?.mode === '040000' || entry?.mode === '160000' ? undefined : entry;
    const same =
      now?.kind === 'stored' ? now.entry.oid === then?.oid : now?.kind === 'gone' && then === undefined;
    if (!same) {
      seen.delete(path);
      blocked.push({ path, reason: 'changed_meanwhile' });
    }
  }
  return seen;
}
