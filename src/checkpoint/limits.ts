import type { Worktree } from '../git/worktree';

/** What keeps a checkpoint bounded. Files that git tracks are always captured, whatever their size. */
export interface Limits {
  /** The largest untracked file that is captured, in bytes. */
  readonly maxFileSize: number;
  /** How much a checkpoint captures of new untracked files, in bytes. */
  readonly maxTotalSize: number;
  /** How many new untracked files a checkpoint captures. */
  readonly maxFiles: number;
  /** After how many checkpoints a segment of the shadow branch is closed. */
  readonly segmentCheckpoints: number;
  /** After how many milliseconds a segment of the shadow branch is closed. */
  readonly segmentAge: number;
  /**
   * How long a writer waits in the queue before it goes on without, and for a lock that serves all references before it gives up,
   * in milliseconds.
   */
  readonly lockWait: number;
  /** How often a checkpoint is tried again after it lost a race. */
  readonly attempts: number;
}

const megabyte = 1024 * 1024;

export const defaultLimits: Limits = {
  maxFileSize: 50 * megabyte,
  maxTotalSize: 500 * megabyte,
  maxFiles: 20_000,
  segmentCheckpoints: 1_000,
  segmentAge: 7 * 24 * 60 * 60_000,
  lockWait: 30_000,
  attempts: 12,
};

/** The limits as the repository's git configuration sets them (`belay.maxFileSize` and so on, with k, m and g). */
export function configuredLimits(worktree: Worktree): Limits {
  const of = (name: string, otherwise: number): number =>
    parseSize(worktree.config.get(`belay.${name.toLowerCase()}`)) ?? otherwise;
  return {
    maxFileSize: of('maxFileSize', defaultLimits.maxFileSize),
    maxTotalSize: of('maxTotalSize', defaultLimits.maxTotalSize),
    maxFiles: of('maxFiles', defaultLimits.maxFiles),
    segmentCheckpoints: Math.max(1, of('segmentCheckpoints', defaultLimits.segmentCheckpoints)),
    segmentAge: of('segmentAge', defaultLimits.segmentAge),
    lockWait: of('lockWait', defaultLimits.lockWait),
    attempts: Math.max(1, of('attempts', defaultLimits.attempts)),
  };
}

/** A number as git writes sizes; undefined for anything else, so that a slip of the pen never lifts a limit. */
function parseSize(text: string | undefined): number | undefined {
  const match = /^(\d+)([kmg]?)$/i.exec(text?.trim() ?? '');
  if (match === null) {
    return undefined;
  }
  const factor = { '': 1, k: 1024, m: megabyte, g: 1024 * megabyte }[(match[2] ?? '').toLowerCase()];
  return factor === undefined ? undefined : Number(match[1]) * factor;
}
