import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import type { DiskEntry } from './hash';
import type { Limits } from './limits';
import type { Uncovered } from './checkpoint';
import { trackedByUser } from './tracked';

/** Takes what is over the limits out of `found`, and says so. Small files go first, so that as many as can be are kept. */
export async function leaveOutExcess(
  worktree: Worktree,
  limits: Limits,
  found: Map<GitPath, DiskEntry>,
  untracked: readonly GitPath[],
): Promise<Uncovered[]> {
  const sizeOf = (name: GitPath): number => {
    const what = found.get(name);
    return what?.kind === 'file' ? what.size : 0;
  };
  const uncovered: Uncovered[] = [];
  const leaveOut = (name: GitPath, reason: Uncovered['reason']): void => {
    found.delete(name);
    uncovered.push({ path: name, reason });
  };
  const large = [...found.keys()].filter((name) => sizeOf(name) > limits.maxFileSize);
  const tracked = await trackedByUser(worktree, large);
  for (const name of large.filter((candidate) => !tracked.has(candidate))) {
    leaveOut(name, 'too_large');
  }
  let total = 0;
  let count = 0;
  for (const name of untracked
    .filter((candidate) => found.has(candidate))
    .sort((a, b) => sizeOf(a) - sizeOf(b))) {
    total += sizeOf(name);
    count += 1;
    if (total > limits.maxTotalSize) {
      leaveOut(name, 'total_exceeded');
    } else if (count > limits.maxFiles) {
      leaveOut(name, 'too_many');
    }
  }
  return uncovered;
}
