import { hashPaths, look } from '../checkpoint/hash';
import { entriesAt, type PathEntry } from '../checkpoint/trees';
import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { LeaseError } from '../leases/error';
import type { BlockedPath, RestoreAction } from './model';
import { putFile, removeFile, sight, stageFiles, type Sighting } from './write';

/** What became of the paths that were to be put in place. */
export interface Applied {
  readonly written: GitPath[];
  readonly deleted: GitPath[];
  readonly blocked: BlockedPath[];
  /** Why it stopped before the end. */
  stopped?: LeaseError;
}

export interface Order {
  /** The tree that holds what each path is on disk now: what differs from it has changed since and is left alone. */
  readonly from: string;
  readonly to: string;
  readonly paths: readonly { readonly path: GitPath; readonly action: RestoreAction }[];
}

/**
 * Brings paths on disk from one tree to another, each by a rename of its own, the deletions first. `check` is asked before
 * each one, and a LeaseError of it stops the rest.
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
    selected.map(({ path }) => path),
  );
  const entries = new Map<GitPath, PathEntry>();
  for (const [path, entry] of wanted) {
    if (entry !== undefined) {
      entries.set(path, entry);
    }
  }
  const staged = await stageFiles(worktree, entries);
  try {
    const seen = await sightAll(worktree, order, result.blocked);
    for (const { path } of selected.filter(({ action }) => action === 'delete')) {
      if (seen.has(path)) {
        await check();
        record(path, await removeFile(worktree, path, seen.get(path)), result.deleted, result.blocked);
      }
    }
    for (const { path } of selected.filter(({ action }) => action === 'write')) {
      if (seen.has(path)) {
        await check();
        const file = await staged.locate(path);
        const reason =
          file === undefined ? 'write_failed' : await putFile(worktree, path, file, seen.get(path));
        record(path, reason, result.written, result.blocked);
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof LeaseError)) {
      throw thrown;
    }
    result.stopped = thrown;
  } finally {
    await staged.remove();
  }
  return result;
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
  for (const path of paths) {
    seen.set(path, await sight(worktree, path));
  }
  const [hashed, captured] = await Promise.all([
    look(worktree, paths).then((found) => hashPaths(worktree, found)),
    entriesAt(worktree.plumbing, order.from, paths),
  ]);
  for (const path of paths) {
    const now = hashed.get(path);
    const entry = captured.get(path);
    // A folder stands there where the restore wants a file: it is the files in it that count.
    const then = entry?.mode === '040000' ? undefined : entry;
    const same =
      now?.kind === 'stored' ? now.entry.oid === then?.oid : now?.kind === 'gone' && then === undefined;
    if (!same) {
      seen.delete(path);
      blocked.push({ path, reason: 'changed_meanwhile' });
    }
  }
  return seen;
}
