import { sinceStart } from '../git/clock';
import type { Worktree } from '../git/worktree';
import type { Callers } from './callers';
import type { Gaps } from './gaps';
import type { Worktrees } from './places';
import type { KnownAgent } from './registry';

/** One call of a hook, with the worktrees that it has to do with. */
export interface Scene {
  readonly agent: KnownAgent;
  readonly callers: Callers;
  /** What variables in a command may stand for. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** For so long its agent waits for it to look at files. */
  readonly lookTime: LookTime;
  readonly signal: AbortSignal;
  /** Starts the process that finishes what a hook has no time for. */
  readonly finishLater: (worktree: Worktree) => Promise<void>;
  readonly worktrees: Worktrees;
  /**
   * Left in the agent's own worktree before git is asked for anything, so that also a hook that git keeps waiting has left it;
   * undefined where the agent works in none.
   */
  readonly gaps: Promise<Gaps> | undefined;
}

/** How long one hook looks at files and asks remotes, in all the places that it has to do with; it counts from the first of it. */
export class LookTime {
  private until: number | undefined;

  constructor(private readonly limitMs: number) {}

  /** What is left, in whole milliseconds, since `AbortSignal.timeout` throws at a part of one; the first to ask starts the clock. */
  leftMs(): number {
    this.until ??= sinceStart() + this.limitMs;
    return Math.max(0, Math.ceil(this.until - sinceStart()));
  }
}
