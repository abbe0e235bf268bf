/** What is known of a remote before an operation: it answered last time, nothing, or it did not answer. */
export type RemoteHealth = 'steady' | 'unknown' | 'failing';

interface Waiter {
  readonly health: RemoteHealth;
  readonly urgent: boolean;
  readonly admit: () => void;
}

/**
 * A bounded number of places, shared so that dead remotes do not take all of them for as long as their limit lasts: a
 * fifth is kept for remotes that answered last time, and of the others one for those that are not known to be dead. With
 * a single place there is nothing to share. The queue is as long as there are remotes, each of which has one operation at
 * most.
 */
export class Pool {
  private readonly inside: Record<RemoteHealth, number> = { steady: 0, unknown: 0, failing: 0 };
  private readonly waiting = new Set<Waiter>();

  constructor(private places: number) {}

  /** Changes how many places there are. Who is inside stays. */
  resize(places: number): void {
    this.places = places;
    this.admit();
  }

  /** Whether a waiter's remote is not known to be failing. */
  get isWaitedFor(): boolean {
    return [...this.waiting].some(({ health }) => health !== 'failing');
  }

  /**
   * Waits for a place; gives what leaves it again, or undefined when the signal came first.
   * @param urgent goes before those that are not.
   */
  async enter(health: RemoteHealth, urgent: boolean, signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) {
      return undefined;
    }
    return new Promise((resolve) => {
      const giveUp = (): void => {
        this.waiting.delete(waiting);
        resolve(undefined);
      };
      const waiting: Waiter = {
        health,
        urgent,
        admit: () => {
          signal.removeEventListener('abort', giveUp);
          this.waiting.delete(waiting);
          this.inside[health] += 1;
          resolve(() => {
            this.inside[health] -= 1;
            this.admit();
          });
        },
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.waiting.add(waiting);
      this.admit();
    });
  }

  private admit(): void {
    const order = ({ urgent, health }: Waiter): number =>
      (urgent ? 0 : 10) + { steady: 0, unknown: 1, failing: 2 }[health];
    // Sorting keeps the order in which equals came.
    for (const waiting of [...this.waiting].sort((a, b) => order(a) - order(b))) {
      if (this.hasPlaceFor(waiting.health)) {
        waiting.admit();
      }
    }
  }

  private hasPlaceFor(health: RemoteHealth): boolean {
    const { steady, unknown, failing } = this.inside;
    const kept = this.places === 1 ? 0 : Math.max(1, Math.floor(this.places / 5));
    if (steady + unknown + failing >= this.places) {
      return false;
    }
    if (health !== 'steady' && unknown + failing >= this.places - kept) {
      return false;
    }
    return health !== 'failing' || failing < Math.max(1, this.places - kept - 1);
  }
}
