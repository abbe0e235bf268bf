import fs from 'node:fs/promises';
import { hashPaths, look, onDisk, trustsExecuteBits, type DiskEntry, type Hashed } from '../checkpoint/hash';
import { filesWithReturns, keepLineEnds } from '../checkpoint/lineEnds';
import { entriesAt } from '../checkpoint/trees';
import { whenMissing } from '../git/diskErrors';
import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { isSpecial, lstat } from './statSnapshot';

/**
 * What stands at the paths now, as a checkpoint would have it: through the user's clean filters, with the line ends and
 * execute bits that `base` tells where the disk cannot. What is only reached through a link is not the worktree's own.
 */
export async function entriesOnDisk(
  worktree: Worktree,
  paths: readonly GitPath[],
  base: string,
  behind?: ReadonlySet<GitPath>,
): Promise<Map<GitPath, Hashed>> {
  const found = new Map<GitPath, DiskEntry>(await look(worktree, paths));
  const specials = await specialFiles(worktree, [...found].flatMap(ifNothing));
  for (const name of behind ?? (await behindLinks(worktree, paths))) {
    found.set(name, { kind: 'nothing' });
    specials.delete(name);
  }
  const hashed = await hashPaths(worktree, found);
  for (const name of specials) {
    hashed.set(name, { kind: 'uncovered', reason: 'unreadable' });
  }
  await keepLineEnds(worktree, base, await filesWithReturns(worktree, found), hashed);
  if (!trustsExecuteBits(worktree)) {
    for (const [name, known] of await entriesAt(worktree.plumbing, base, paths)) {
      const now = hashed.get(name);
      if (now?.kind === 'stored' && known?.mode === '100755' && now.entry.mode === '100644') {
        hashed.set(name, { kind: 'stored', entry: { ...now.entry, mode: known.mode } });
      }
    }
  }
  return hashed;
}

function ifNothing([name, { kind }]: readonly [GitPath, DiskEntry]): GitPath[] {
  return kind === 'nothing' ? [name] : [];
}

/** Those of the paths at which a FIFO, a socket or a device stands: nothing that a checkpoint could hold. */
export async function specialFiles(worktree: Worktree, paths: readonly GitPath[]): Promise<Set<GitPath>> {
  const special = new Set<GitPath>();
  for (const name of paths) {
    const stat = await lstat(onDisk(worktree, name));
    if (stat !== undefined && isSpecial(stat)) {
      special.add(name);
    }
  }
  return special;
}

/** Those of the paths that have a link among the folders above them. */
export async function behindLinks(worktree: Worktree, paths: readonly GitPath[]): Promise<Set<GitPath>> {
  const links = new Map<GitPath, Promise<boolean>>();
  const isLink = (folder: GitPath): Promise<boolean> => {
    const known =
      links.get(folder) ??
      fs.lstat(onDisk(worktree, folder)).then((stat) => stat.isSymbolicLink(), whenMissing(false));
    links.set(folder, known);
    return known;
  };
  const behind = new Set<GitPath>();
  for (const name of paths) {
    for (let slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
      if (await isLink(name.slice(0, slash))) {
        behind.add(name);
        break;
      }
    }
  }
  return behind;
}
