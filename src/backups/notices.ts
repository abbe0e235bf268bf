import type { Backup } from './backup';
import type { FallRecord } from './fallRecord';

/** What the call of a connected agent dropped, for a person to know of: no question, and nothing waits for it. */
export interface Notice {
  /** The reference that holds all of it. */
  readonly ref: string;
  /** What the reference is at. */
  readonly at: string;
  /** When it was noticed, in milliseconds since the epoch. */
  readonly time: number;
  readonly record: FallRecord;
  /** What was lost, at least one thing. */
  readonly backups: readonly [Backup, ...Backup[]];
}

/** One notice for each call, newest first, without those that a person has dismissed. */
export function noticesIn(backups: readonly Backup[]): Notice[] {
  return backups
    .filter(({ number }) => number === 1)
    .flatMap((first): Notice[] => {
      const { ref, at, time, kind, record } = first;
      return kind !== 'agent' || record === undefined || record.dismissed
        ? []
        : [
            {
              ref,
              at,
              time,
              record,
              backups: [first, ...backups.filter((one) => one.ref === ref && one.number > 1)],
            },
          ];
    });
}
