import { ignoredUnder } from '../checkpoint/ignoreCheck';
import { isIncluded, isWithin, readIgnoreRecord } from '../checkpoint/ignoreRecord';
import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import type { RestoreTarget } from './restoreRequest';

/**
 * Of the paths that a target does not have, those of which that says nothing: it could not cover them, or they were ignored
 * when it was taken. They are not deleted for it.
 */
export async function unsaidBy(
  worktree: Worktree,
  target: RestoreTarget,
  paths: readonly GitPath[],
): Promise<Set<GitPath>> {
  const gaps = target.uncovered ?? [];
  const unsaid = new Set(paths.filter((name) => gaps.some((gap) => isWithin(name, gap.path))));
  const { rules, held, included } = await readIgnoreRecord(worktree, target.rules);
  const standing = new Map([...rules, ...held.flatMap((set) => [...set])]);
  const asked = paths.filter((name) => !unsaid.has(name) && !isIncluded(name, included));
  if (standing.size > 0 && asked.length > 0) {
    for (const name of await ignoredUnder(worktree, standing, asked)) {
      unsaid.add(name);
    }
  }
  return unsaid;
}
