import { pathFromBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { shadowRef } from '../refs/names';

/** How many checkpoints back a path's last change is looked for. */
const lookBack = 1_000;

/** The newest checkpoint of the current segment that changed each path. */
export async function lastChanges(
  worktree: Worktree,
  paths: ReadonlySet<GitPath>,
): Promise<Map<GitPath, string>> {
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
