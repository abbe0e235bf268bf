import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { checkpointIn } from '../checkpoint/message';
import { whenRefused } from '../git/diskErrors';
import { pathBytes } from '../git/path';
import type { Worktree } from '../git/worktree';
import { shadowRef } from '../refs/names';
import type { Leads } from './leads';
import type { Worktrees } from './places';

/** So many repositories below folders are looked at for one call, and so many that it leads into. */
const neighbourLimit = 8;

/** The worktrees besides the agent's own that a call leads into, other worktrees of the same repository among them. */
export async function ledInto(worktrees: Worktrees, { places }: Leads): Promise<Worktree[]> {
  const led = new Map<string, Worktree>();
  for (const place of places) {
    const found = led.size < neighbourLimit ? await worktrees.at(place) : undefined;
    if (found !== undefined && found !== worktrees.home) {
      led.set(found.gitDir, found);
    }
  }
  return [...led.values()];
}

/** Worktrees that a call may change without saying so. */
export interface Below {
  readonly worktrees: readonly Worktree[];
  /** How many more there are than are looked at. */
  readonly more: number;
}

/**
 * The worktrees of the repositories directly below a folder that is in none, and of those inside of the agent's own worktree
 * that Belay is used in.
 * @param folders the folder that the agent works in, and those that a call leads into.
 */
export async function repositoriesBelow(worktrees: Worktrees, folders: readonly string[]): Promise<Below> {
  const { home } = worktrees;
  const inside = home === undefined ? [] : await usedInside(home);
  const roots = [...new Set([...inside, ...(await rootsBelow(worktrees, folders))])];
  const below = new Map<string, Worktree>();
  for (const root of roots.slice(0, neighbourLimit)) {
    const found = await worktrees.at(root);
    if (found !== undefined && found !== home) {
      below.set(found.gitDir, found);
    }
  }
  return { worktrees: [...below.values()], more: Math.max(0, roots.length - neighbourLimit) };
}

/** The repositories directly below those of the folders that lie in none: those that Belay was used in first. */
async function rootsBelow(worktrees: Worktrees, folders: readonly string[]): Promise<string[]> {
  const found: { root: string; used: boolean }[] = [];
  for (const folder of new Set(folders)) {
    if ((await worktrees.at(folder)) !== undefined) {
      continue;
    }
    const names = (await readdir(folder).catch(whenRefused([]))).sort();
    for (const name of names) {
      const root = path.join(folder, name);
      if (await isThere(path.join(root, '.git'))) {
        found.push({ root, used: await isUsed(root) });
      }
    }
  }
  return found.sort((a, b) => Number(b.used) - Number(a.used)).map(({ root }) => root);
}

/** The repositories inside of a worktree, by its last checkpoint, that have checkpoints of their own. */
async function usedInside(home: Worktree): Promise<string[]> {
  const [tip] = await home.plumbing.objects([shadowRef(home.key)]);
  const last = checkpointIn(tip);
  const used: string[] = [];
  for (const { path: name, reason } of last?.uncovered ?? []) {
    const root = path.join(home.root, pathBytes(name).toString('utf8'));
    if ((reason === 'nested_repository' || reason === 'submodule') && (await isUsed(root))) {
      used.push(root);
    }
  }
  return used;
}

/** Whether Belay keeps something in a repository that has its git dir in its folder. */
function isUsed(root: string): Promise<boolean> {
  return isThere(path.join(root, '.git', 'belay'));
}

function isThere(file: string): Promise<boolean> {
  return stat(file).then(() => true, whenRefused(false));
}
