import { readCheckpoint } from '../checkpoint/history';
import type { Checkpoint } from '../checkpoint/model';
import { pathFromBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { shadowRef } from '../refs/names';
import { listSessions } from '../sessions/sessions';

/** How many checkpoints back a path's last writer is looked for. */
const lookBack = 1_000;

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

/** The newest checkpoint of the current segment that changed each path. */
async function lastChanges(worktree: Worktree, paths: ReadonlySet<GitPath>): Promise<Map<GitPath, string>> {
  const { stdout } = await worktree.git.run({
    args: [
      'log',
      '-z',
      '--first-parent',
      '--diff-merges=first-parent',
      '--name-only',
      '--no-renames',
      `--max-count=${lookBack}`,
      '--format=%x01%H%x02%(trailers:key=Belay-Segment,valueonly,separator=%x20)',
      shadowRef(worktree.key),
      '--',
    ],
    cwd: worktree.root,
  });
  const changes = new Map<GitPath, string>();
  let oid: string | undefined;
  for (const field of pathFromBytes(stdout).split('\0')) {
    // git puts a line end between a commit's line and its first path.
    const entry = field.replace(/^\n/, '');
    // eslint-disable-next-line no-control-regex -- the marks that the format above puts in
    const header = /^\u0001([0-9a-f]{40,64})\u0002(.*)$/s.exec(entry);
    if (header !== null) {
      if (oid !== undefined && header[2]?.trim() === '') {
        // Below the first checkpoint of the segment lies the user's own history.
        break;
      }
      oid = header[1];
    } else if (oid !== undefined && paths.has(entry) && !changes.has(entry)) {
      changes.set(entry, oid);
    }
  }
  return changes;
}
