import { BelayError } from '../errors';
import { sinceStart } from '../git/clock';
import type { GitPath } from '../git/path';

/**
 * How long a capture may take, so that nobody waits for a slow file or a slow look at everything: what is not stored by then
 * is left out and named (`too_slow`), and a look that does not come to its end is `scan_too_long`.
 */
export class Pace {
  private deadline: number;
  private givenUp = false;

  constructor(
    /** Time limit in ms for looking and storing in each try. */
    readonly budgetMs: number,
    private readonly options: {
      /** Whether everything may be looked at; else only what the caller names is captured. */
      readonly looks?: boolean;
      /** Files that are known to be slow, so that they are not tried. */
      readonly without?: ReadonlySet<GitPath>;
      /** What follows once the checkpoint has landed may take as long as it takes. */
      readonly patient?: boolean;
    } = {},
  ) {
    this.deadline = sinceStart() + budgetMs;
  }

  /** A try begins, with all of its time. */
  begin(): void {
    this.deadline = sinceStart() + this.budgetMs;
  }

  /** What is left, in milliseconds. */
  leftMs(): number {
    return Math.max(0, this.deadline - sinceStart());
  }

  /** Whether a look at everything did not fit, so that only what is named was captured. */
  get gaveUp(): boolean {
    return this.givenUp;
  }

  /** Only what is named is captured, with all of the time. */
  giveUp(): void {
    this.givenUp = true;
    this.begin();
  }

  get looks(): boolean {
    return !this.givenUp && (this.options.looks ?? true);
  }

  get patient(): boolean {
    return this.options.patient === true;
  }

  leavesOut(name: GitPath): boolean {
    return this.options.without?.has(name) === true;
  }
}

/** The refusal of a look at everything that would take too long. */
export function scanTooLong(cause?: unknown): BelayError {
  return new BelayError(
    'scan_too_long',
    'A look at the whole worktree takes longer than it may (belay.scanBudget).',
    { cause },
  );
}

export function isScanTooLong(thrown: unknown): boolean {
  return thrown instanceof BelayError && thrown.reason === 'scan_too_long';
}
