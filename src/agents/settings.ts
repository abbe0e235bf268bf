import type { Worktree } from '../git/worktree';

/** What becomes of a dangerous git command of an agent. */
export type Protection = 'cover' | 'ask' | 'refuse';

/** For so long, in milliseconds, a hook may take when nothing else is set. */
export const defaultTimeLimit = 5_000;

/** `belay.hookTimeout`, in seconds; anything that is not a positive number leaves the default. */
export function timeLimitOf({ config }: Pick<Worktree, 'config'>): number {
  const text = config.get('belay.hooktimeout') ?? '';
  const seconds = /^\d{1,4}(?:\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  return seconds > 0 ? seconds * 1_000 : defaultTimeLimit;
}

/** `belay.protect.<git command>`: `ask` or `refuse`; by default it is covered and allowed. */
export function protectionOf({ config }: Pick<Worktree, 'config'>, verb: string): Protection {
  const text = config.get(`belay.protect.${verb}`)?.toLowerCase();
  return text === 'ask' || text === 'refuse' ? text : 'cover';
}
