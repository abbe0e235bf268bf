import { sinceStart } from '../git/clock';

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
