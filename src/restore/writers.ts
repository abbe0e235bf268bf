import { readCheckpoint } from '../checkpoint/history';
import type { Checkpoint } from '../checkpoint/model';
import { pathFromBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { shadowRef } from '../refs/names';
import { listSessions } from '../sessions/sessions';

/** How many checkpoints back a path's last writer is looked for. */
const lookBack = 1_000;

/** For each path that another live session wrote last: that session. `own` are the sessions that do not count. */
export async function writtenByOthers(
  worktree: Worktree,
  paths: ReadonlySet<GitPath>,
  own: ReadonlySet<string>,
): Promise<Map<GitPath, string>> {
  const live = new Set((await listSessions(worktree)).filter((session) => session.live).map(({ id }) => id));
  if (![...live].some((session) => !own.has(session))) {
    return new Map();
  }
  const writers = new Map<GitPath, string>();
  const sessions = new Map<string, Checkpoint>();
  for (const [path, oid] of await lastChanges(worktree, paths)) {
    const checkpoint = sessions.get(oid) ?? (await readCheckpoint(worktree, oid));
    sessions.set(oid, checkpoint);
    if (live.has(checkpoint.session) && !own.has(checkpoint.session)) {
      writers.set(path, checkpoint.session);
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
