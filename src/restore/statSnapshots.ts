import type { PathEntry } from '../checkpoint/trees';
import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { behindLinks, entriesOnDisk, specialFiles } from './disk';
import type { BlockedPath } from './restoreRequest';
import { otherCases } from './otherSide';
import type { GroupItem } from './putGroup';
import { statSnapshot, type StatSnapshot } from './statSnapshot';

/**
 * Sees each selected path once more, and compares its content with what it was taken to be: what differs has
 * changed since and is left alone. The sighting comes before the comparison, so that a later change shows in it.
 */
export async function statSnapshots(
  worktree: Worktree,
  order: { readonly from: string; readonly paths: readonly GroupItem[] },
  captured: ReadonlyMap<GitPath, PathEntry | undefined>,
  blocked: BlockedPath[],
): Promise<Map<GitPath, StatSnapshot>> {
  const paths = order.paths.map(({ path }) => path);
  const seen = new Map<GitPath, StatSnapshot>();
  const hidden = new Set([...(await behindLinks(worktree, paths)), ...otherCases(worktree, order.paths)]);
  const open = paths.filter((path) => !hidden.has(path));
  const special = await specialFiles(worktree, open);
  for (const path of paths) {
    seen.set(path, hidden.has(path) ? undefined : await statSnapshot(worktree, path));
  }
  const hashed = await entriesOnDisk(worktree, paths, order.from, hidden);
  for (const path of paths) {
    const now = hashed.get(path);
    const entry = captured.get(path);
    // A folder stands there where a file is wanted: it is the files in it that count. A submodule's are its own.
    const then = entry?.mode === '040000' || entry?.mode === '160000' ? undefined : entry;
    const same =
      now?.kind === 'stored' ? now.entry.oid === then?.oid : now?.kind === 'gone' && then === undefined;
    if (special.has(path) || !same) {
      seen.delete(path);
      blocked.push({ path, reason: special.has(path) ? 'special_file_in_the_way' : 'changed_meanwhile' });
    }
  }
  return seen;
}
