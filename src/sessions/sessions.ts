import { checkpointsAt } from '../checkpoint/history';
import type { Worktree } from '../git/worktree';
import { sessionPrefix } from '../refs/names';
import type { Session } from './model';

/** A session that took a checkpoint within this time, in milliseconds, may still be writing. */
const liveFor = 30 * 60_000;

/**
 * The sessions that have taken checkpoints in this repository, the latest first. One whose reference cannot be read is
 * named to `unreadable`.
 */
export async function listSessions(
  worktree: Worktree,
  unreadable?: (ref: string) => void,
): Promise<Session[]> {
  const latest = await checkpointsAt(worktree, sessionPrefix, unreadable);
  return [...latest.values()]
    .map((checkpoint) => ({
      id: checkpoint.session,
      agent: checkpoint.agent,
      latest: checkpoint,
      steps: checkpoint.step,
      live: Date.now() - checkpoint.time < liveFor,
    }))
    .sort((a, b) => b.latest.time - a.latest.time || (a.id < b.id ? -1 : 1));
}
