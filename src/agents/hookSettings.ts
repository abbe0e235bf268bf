import type { Worktree } from '../git/worktree';

/** What becomes of a dangerous git command of an agent. */
export type Protection = 'cover' | 'ask' | 'refuse';

/** For so long, in milliseconds, a hook may take when nothing else is set: its last resort, below the 30 s of the agents. */
export const defaultTimeLimit = 20_000;

/** For so long, in milliseconds, a hook looks at everything when nothing else is set. */
export const defaultScanBudgetMs = 3_000;

/** More than this, in milliseconds, no hook looks at everything: the two of one call then wait for at most 8 s. */
const longestScanMs = 4_000;

/** `belay.hookTimeout`, in seconds; anything that is not a positive number leaves the default. */
export function timeLimitOf({ config }: Pick<Worktree, 'config'>): number {
  return millisecondsOf(config.get('belay.hooktimeout')) ?? defaultTimeLimit;
}

/**
 * `belay.scanBudget`, in seconds, as milliseconds: a look at everything that takes longer is left to a process of its own.
 * Anything that is not a positive number leaves the default, and more than four seconds are four.
 */
export function scanBudgetOf({ config }: Pick<Worktree, 'config'>): number {
  return Math.min(millisecondsOf(config.get('belay.scanbudget')) ?? defaultScanBudgetMs, longestScanMs);
}

function millisecondsOf(text = ''): number | undefined {
  const seconds = /^\d{1,4}(?:\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  return seconds > 0 ? seconds * 1_000 : undefined;
}

/** `belay.protect.<git command>`: `ask` or `refuse`; by default it is covered and allowed. */
export function protectionOf({ config }: Pick<Worktree, 'config'>, verb: string): Protection {
  const text = config.get(`belay.protect.${verb}`)?.toLowerCase();
  return text === 'ask' || text === 'refuse' ? text : 'cover';
}

/**
 * `belay.protect.gitFolder`: what becomes of a call that would remove the repository's `.git` or move it away, with every
 * checkpoint in it. `ask` where nothing is set, or nothing that is known; `allow` lets it through.
 */
export function gitFolderProtectionOf({ config }: Pick<Worktree, 'config'>): Protection {
  const text = config.get(`belay.protect.${gitFolderSetting}`.toLowerCase())?.toLowerCase();
  return text === 'refuse' ? 'refuse' : text === 'allow' || text === 'cover' ? 'cover' : 'ask';
}

/** The setting's name among those of git commands. */
export const gitFolderSetting = 'gitFolder';
