/**
 * Runs one task on request: many requests in a short time make one run, and a run never overlaps another. A request
 * during a run makes exactly one more run after it.
 */
export class Coalescer {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private ended = false;

  /** @param task Must report its own failures; what it throws goes to `failed`. */
  constructor(
    private readonly delay: number,
    private readonly task: () => Promise<void>,
    private readonly failed: (thrown: unknown) => void,
  ) {}

  /** Asks for a run soon. */
  request(): void {
    if (this.ended || this.timer !== undefined) {
      return;
    }
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.runNow();
    }, this.delay);
  }

  /** Runs now, or once more after the run that is under way; resolves when a run that began after this call ended. */
  runNow(): Promise<void> {
    if (this.running !== undefined) {
      this.again = true;
      return this.running;
    }
    this.running = this.loop().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  dispose(): void {
    this.ended = true;
    clearTimeout(this.timer);
  }

  private async loop(): Promise<void> {
    do {
      this.again = false;
      try {
        await this.task();
      } catch (thrown) {
        this.failed(thrown);
      }
    } while (this.isWantedAgain());
  }

  private isWantedAgain(): boolean {
    return this.again && !this.ended;
  }
}
