import type { GitPath } from '../git/path';
import { foldersAbove } from './statSnapshot';

/**
 * The paths that only make sense together, each group in an order in which whatever is above comes first: a file or link and
 * what is below it in the other state, and names that differ in case alone.
 */
export function groupsOf<T extends { readonly path: GitPath }>(items: readonly T[]): T[][] {
  const byPath = new Map(items.map((item) => [item.path, item]));
  const leader = new Map<T, T>();
  const find = (item: T): T => {
    let at = item;
    for (let up = leader.get(at); up !== undefined; up = leader.get(at)) {
      at = up;
    }
    return at;
  };
  const join = (one: T, other: T): void => {
    const [a, b] = [find(one), find(other)];
    if (a !== b) {
      leader.set(a, b);
    }
  };
  const byCase = new Map<string, T>();
  for (const item of items) {
    for (const folder of foldersAbove(item.path)) {
      const above = byPath.get(folder);
      if (above !== undefined) {
        join(item, above);
      }
    }
    const folded = foldCase(item.path);
    const same = byCase.get(folded);
    if (same === undefined) {
      byCase.set(folded, item);
    } else {
      join(item, same);
    }
  }
  const groups = new Map<T, T[]>();
  for (const item of items) {
    const first = find(item);
    const group = groups.get(first) ?? [];
    groups.set(first, group);
    group.push(item);
  }
  return [...groups.values()].map((group) => group.sort((a, b) => depth(a.path) - depth(b.path)));
}

/** The name as a file system that ignores case knows it. Paths are bytes: only what is UTF-8 has letters beyond ASCII. */
export function foldCase(name: GitPath): string {
  return Buffer.from(name, 'latin1').toString('utf8').toLowerCase();
}

function depth(name: GitPath): number {
  return foldersAbove(name).length;
}
