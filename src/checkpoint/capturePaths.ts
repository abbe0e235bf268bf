import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { assemble, type Before, type Capture } from './capture';
import { leaveOutExcess } from './excess';
import { look } from './hash';
import { ignoreFilesAbove } from './ignoreFiles';
import { Ignoring } from './ignoring';
import { isIncluded, isWithin } from './ignoreRecord';
import type { Limits } from './limits';
import type { Uncovered } from './checkpoint';
import type { Pace } from './pace';
import { isLinkedWorktree, repositoriesAround } from './nested';
import { ignoredOf, sparseEntries, untrackedOf } from './tracked';
import { entriesAt, type PathEntry } from './trees';

/**
 * Captures just the named paths on top of the last checkpoint's tree; its cost does not depend on the repository's size.
 * Each path is captured in its present state on disk; every other path keeps the state of the last checkpoint. One that is
 * ignored, or was until now, is left out.
 */
export async function capturePaths(
  worktree: Worktree,
  paths: readonly GitPath[],
  before: Omit<Before, 'captured'> & { readonly tree: string; readonly sparse: boolean },
  limits: Limits,
  signal?: AbortSignal,
  pace?: Pace,
): Promise<Capture> {
  const begun = await Ignoring.beginAbove(worktree, before.ignore, paths.flatMap(ignoreFilesAbove));
  const found = await look(worktree, paths);
  const held = await entriesAt(worktree.plumbing, before.tree, paths);
  const isThere = (name: GitPath): boolean => found.get(name)?.kind !== 'nothing';
  const unknown = paths.filter((name) => held.get(name) === undefined && isThere(name));
  const uncovered: Uncovered[] = [];
  const around = await repositoriesAround(worktree, unknown);
  for (const folder of new Set(around.values())) {
    const [entry] = (await entriesAt(worktree.plumbing, before.tree, [folder])).values();
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
  const { included } = before.ignore;
  // What the last checkpoint holds has passed its rules; only where they have changed it is asked about again.
  const doubtful = [
    ...fresh,
    ...paths.filter((name) => held.get(name) !== undefined && isThere(name) && begun.differsAt(name)),
  ].filter((name) => !isIncluded(name, included));
  const ignored = await ignoredOf(worktree, doubtful);
  const ignoring = await begun.end();
  const ignoredBefore = await untrackedOf(worktree, await ignoring.ignoredBefore(doubtful));
  const gone = paths.filter((name) => !isThere(name));
  const links = new Map<GitPath, PathEntry | undefined>(
    before.sparse ? await sparseEntries(worktree, gone) : [],
  );
  for (const name of links.keys()) {
    found.delete(name);
  }
  const left: GitPath[] = [];
  for (const name of new Set([...ignored, ...ignoredBefore])) {
    found.delete(name);
    if (held.get(name) !== undefined) {
      links.set(name, undefined);
      left.push(name);
    }
    const known = left.includes(name) || before.ignore.left.some((folder) => isWithin(name, folder));
    const reason = known || !ignored.has(name) ? 'ignored_before' : 'ignored';
    uncovered.push({ path: name, reason });
  }
  const untracked = fresh.filter((name) => found.has(name));
  uncovered.push(...(await leaveOutExcess(worktree, limits, found, untracked)));
  const ignore = { ...ignoring.afterPaths(), included, left: [...before.ignore.left, ...left] };
  const parts = { base: before.tree, previous: before.tree, found, links, uncovered, ignore };
  return assemble(worktree, 'paths', parts, signal, pace);
}

/** Whether any of the paths is a folder, so that only a whole scan tells what is in it. */
export async function namesFolder(worktree: Worktree, paths: readonly GitPath[]): Promise<boolean> {
  const found = await look(worktree, paths);
  return [...found.values()].some(({ kind }) => kind === 'folder');
}
