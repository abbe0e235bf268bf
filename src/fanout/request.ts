import path from 'node:path';
import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import { lockHolder, withLock } from '../refs/lock';
import type { SyncRequest } from '../sync/request';
import type { FanOutOutcome } from './fanOutOutcome';

/** How long a fan-out waits for another one, in milliseconds. */
const lockTimeoutMs = 10_000;

/** Where a worktree is in a fan-out. `fetching`: the pinned commit is brought into its repository. */
export type Stage = 'waiting' | 'fetching' | 'working' | 'done';

export interface Progress {
  readonly worktree: string;
  readonly root: string;
  /** The git common dir of its repository. */
  readonly repository: string;
  readonly stage: Stage;
  /** When it is done. */
  readonly outcome: FanOutOutcome | undefined;
}

/** As for a sync: who does it, under which leases, and what becomes of commits that cannot be rebased. */
export interface FanOutRequest extends SyncRequest {
  /** Told whenever a worktree gets to its next stage. */
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * One fan-out at a time in each repository: the second one waits a while, and is then told who is at it. It is only a
 * queue: what is safe about a fan-out does not depend on it.
 * @throws BelayError `fan_out_running`, `cancelled`.
 */
export async function oneAtATime<T>(
  worktree: Worktree,
  { signal }: Pick<SyncRequest, 'signal'>,
  work: () => Promise<T>,
): Promise<T> {
  const lock = path.join(worktree.repository.belayDir, 'locks', 'fan-out');
  return withLock(lock, { wait: lockTimeoutMs, signal, shared: worktree.repository.shared }, async (held) => {
    if (held) {
      return work();
    }
    const holder = await lockHolder(lock);
    const who = holder === undefined ? 'another process' : `process ${holder.pid}`;
    throw new BelayError('fan_out_running', `Worktrees are being made or brought to a pin by ${who}.`);
  });
}
