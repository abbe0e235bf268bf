import { latestCheckpoint, readCheckpoint } from '../checkpoint/history';
import { changesBetween } from '../checkpoint/changes';
import type { Checkpoint } from '../checkpoint/checkpoint';
import type { GitPath } from '../git/path';
import { readHead } from '../git/head';
import type { Worktree } from '../git/worktree';
import { lastChanges } from './lastChanges';
import type { Session } from './session';
import { listSessions } from './sessions';

/** A file that is not as HEAD has it, and the live session whose checkpoint last changed it. */
export interface FileOwner {
  readonly path: GitPath;
  readonly session: Session;
  readonly checkpoint: Checkpoint;
}

/**
 * Who owns the files that the worktree's last checkpoint shows changed against HEAD, by path. A file that no live session
 * wrote has no owner.
 * @param known The sessions, where the caller has just read them.
 */
export async function fileOwners(worktree: Worktree, known?: readonly Session[]): Promise<FileOwner[]> {
  const latest = await latestCheckpoint(worktree, worktree.key);
  if (latest === undefined) {
    return [];
  }
  const head = await readHead(worktree);
  const committed = head.oid ?? (await worktree.plumbing.writeTree([]));
  const dirty = new Set((await changesBetween(worktree, committed, latest.tree)).map(({ path }) => path));
  if (dirty.size === 0) {
    return [];
  }
  const [sessions, changes] = await Promise.all([
    known ?? listSessions(worktree),
    lastChanges(worktree, dirty),
  ]);
  const live = new Map(sessions.filter((session) => session.live).map((session) => [session.id, session]));
  const checkpoints = new Map<string, Checkpoint>();
  const owners: FileOwner[] = [];
  for (const [path, oid] of changes) {
    const checkpoint = checkpoints.get(oid) ?? (await readCheckpoint(worktree, oid));
    checkpoints.set(oid, checkpoint);
    const session = live.get(checkpoint.session);
    // What the checkpoint before a restore shows first was written by nobody that is known.
    if (session !== undefined && checkpoint.restoring === undefined) {
      owners.push({ path, session, checkpoint });
    }
  }
  return owners.sort((a, b) => (a.path < b.path ? -1 : 1));
}
