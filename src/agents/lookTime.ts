import { sinceStart } from '../git/clock';

/** How long one hook looks at files, over all the places that it looks at; it counts from its first look. */
export class LookTime {
  private until: number | undefined;

  constructor(private readonly limitMs: number) {}

  /** What is left, in milliseconds. */
  leftMs(): number {
    this.until ??= sinceStart() + this.limitMs;
    return Math.max(0, this.until - sinceStart());
  }
}
