import { readCheckpoint } from '../checkpoint/history';
import type { Checkpoint } from '../checkpoint/checkpoint';
import type { GitPath } from '../git/path';
import type { PlannedPath } from './restoreRequest';
import type { Worktree } from '../git/worktree';
import { lastChanges } from '../sessions/lastChanges';
import { listSessions } from '../sessions/sessions';

/** Who wrote a path last, as far as it matters to a restore. */
export type LastWriter =
  /** Another session that may still be writing. */
  | { readonly kind: 'other_session'; readonly session: string }
  /** Nobody's checkpoint: the change was first seen by the checkpoint that an earlier restore took. */
  | { readonly kind: 'nobody' };

/** For each path that gives reason for caution: who wrote it last. `own` are the sessions that give none. */
export async function lastWriters(
  worktree: Worktree,
  paths: ReadonlySet<GitPath>,
  own: ReadonlySet<string>,
): Promise<Map<GitPath, LastWriter>> {
  const writers = new Map<GitPath, LastWriter>();
  if (paths.size === 0) {
    return writers;
  }
  const [sessions, changes] = await Promise.all([listSessions(worktree), lastChanges(worktree, paths)]);
  const live = new Set(sessions.filter((session) => session.live).map(({ id }) => id));
  const checkpoints = new Map<string, Checkpoint>();
  for (const [path, oid] of changes) {
    const checkpoint = checkpoints.get(oid) ?? (await readCheckpoint(worktree, oid));
    checkpoints.set(oid, checkpoint);
    if (checkpoint.restoring !== undefined) {
      writers.set(path, { kind: 'nobody' });
    } else if (live.has(checkpoint.session) && !own.has(checkpoint.session)) {
      writers.set(path, { kind: 'other_session', session: checkpoint.session });
    }
  }
  return writers;
}

/** The caution that a path asks for, where it was changed since or somebody else wrote it last. */
export function cautionFor(
  drifted: boolean,
  writer: LastWriter | undefined,
): Pick<PlannedPath, 'caution' | 'writtenBy'> {
  if (drifted || writer?.kind === 'nobody') {
    return { caution: 'drifted', writtenBy: undefined };
  }
  return writer === undefined
    ? { caution: undefined, writtenBy: undefined }
    : { caution: 'other_session', writtenBy: writer.session };
}
