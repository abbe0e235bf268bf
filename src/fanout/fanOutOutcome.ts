import type { Reason } from '../reasons';
import type { MovedAway } from '../ledger';
import type { PinState } from './pinState';

/** `done`: on the pin, or its own commits are. `left`: refused, or a person decides. `failed`: see the reason. */
export type Settlement = 'done' | 'left' | 'failed';

/** What a case says of a worktree: for colours and exit codes, and where it must be for that to be said of it. */
interface CaseFacts {
  readonly settled: Settlement;
  readonly position?: PinState['position'];
}

/** How a worktree came out of a fan-out. What is said of its HEAD was read back afterwards. */
const cases = {
  /** It was on the pinned commit. */
  on_pin: { settled: 'done', position: 'on' },
  fast_forwarded: { settled: 'done', position: 'on' },
  /** It was elsewhere with nothing of its own, or on no branch: to the pin, with a backup of what it left first. */
  moved_to_pin: { settled: 'done', position: 'on' },
  /** Its own commits are based on the pin now. */
  diverged_rebased: { settled: 'done', position: 'ahead' },
  /** Its own commits are based on the pin already: left unchanged. */
  ahead: { settled: 'done', position: 'ahead' },
  /** Its commits could not be rebased; a person acknowledges the reset. */
  diverged_recovered_by_reset: { settled: 'left', position: 'on' },
  /** Its commits cannot be rebased: left unchanged, and a person decides. */
  diverged_held: { settled: 'left' },
  /** A decision about it was already pending: left unchanged. */
  held: { settled: 'left' },
  /** A merge, rebase, cherry-pick, revert or bisect is under way: left unchanged. */
  in_progress: { settled: 'left' },
  /** Its folder is gone. */
  missing: { settled: 'left' },
  /** Its making was interrupted; see the doctor. */
  half_filled: { settled: 'left' },
  /** The pinned commit cannot be had in this clone; its branch went to its own upstream where that was a step forward. */
  fell_back_to_upstream: { settled: 'left' },
  /** The remote was not reached, so the pinned commit is not here: left unchanged. */
  not_fetched: { settled: 'left' },
  /** It went to the pin, and was somewhere else when it was looked at afterwards. */
  moved_elsewhere: { settled: 'left' },
  cancelled: { settled: 'left' },
  /** Refused for the stated reason; left unchanged. */
  refused: { settled: 'left' },
  /** Failed for the stated reason. */
  failed: { settled: 'failed' },
} as const satisfies Record<string, CaseFacts>;

export type FanOutCase = keyof typeof cases;

/** What a fan-out did to one worktree, or why it did nothing. */
export interface FanOutOutcome {
  readonly worktree: string;
  readonly root: string;
  /** The git common dir of its repository: several clones may have worktrees of the same key. */
  readonly repository: string;
  readonly outcome: FanOutCase;
  /** HEAD's commit, read when all was done; undefined where there is none. */
  readonly head?: string | undefined;
  /** The pinned commit. */
  readonly pin: string;
  /** How the worktree stands to the pin, looked at when all was done; undefined where it cannot be looked at. */
  readonly state?: PinState | undefined;
  /** What holds the commits that it was moved away from. */
  readonly backup?: string | undefined;
  /** The checkpoint that holds the worktree's state before. */
  readonly checkpoint?: string | undefined;
  /** The decision that waits for a person. */
  readonly decision?: string | undefined;
  /** Where contents are that were moved aside and that the checkpoint from before does not hold. */
  readonly moved?: readonly MovedAway[];
  /** Why it was refused, failed, or fell back. */
  readonly reason?: Reason | undefined;
  /** In one sentence, what there is to say beyond that. */
  readonly message?: string | undefined;
}

/** Whether a worktree is where it is to be. */
export function settlementOf({ outcome }: Pick<FanOutOutcome, 'outcome'>): Settlement {
  return cases[outcome].settled;
}

/** What must be true of a worktree for a case to be said of it; undefined: nothing. */
export function positionAfter(outcome: FanOutCase): PinState['position'] | undefined {
  const facts: CaseFacts = cases[outcome];
  return facts.position;
}
