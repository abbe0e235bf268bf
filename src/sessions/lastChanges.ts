import { readTip } from '../checkpoint/chain';
import { pathFromBytes, type GitPath } from '../git/path';
import { worktreeBirth, type Worktree } from '../git/worktree';

/** How many checkpoints back a path's last change is looked for. */
const lookBack = 1_000;

/** The newest checkpoint of the current segment that changed each path; none where there is no checkpoint yet. */
export async function lastChanges(
  worktree: Worktree,
  paths: ReadonlySet<GitPath>,
): Promise<Map<GitPath, string>> {
  const tip = await readTip(worktree);
  if (tip === undefined) {
    return new Map();
  }
  const born = await worktreeBirth(worktree.repository.commonDir, worktree.key);
  const { stdout } = await worktree.git.run({
    args: [
      'log',
      '-z',
      '--first-parent',
      '--diff-merges=first-parent',
      '--name-only',
      '--no-renames',
      `--max-count=${lookBack}`,
      '--format=%x01%H%x02%(trailers:key=Belay-Segment,valueonly,separator=%x20)%x02%(trailers:key=Belay-Worktree-Born,valueonly,separator=%x20)',
      tip.oid,
      // What the segment grew from is the user's own history, whose trees a partial clone may lack.
      ...(tip.last.segmentBase === undefined ? [] : [`^${tip.last.segmentBase}`]),
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
    const header = /^\u0001([0-9a-f]{40,64})\u0002(.*)\u0002(.*)$/s.exec(entry);
    if (header !== null) {
      const [, commit, segment = '', itsBirth = ''] = header;
      if (oid !== undefined && segment.trim() === '') {
        // Below the first checkpoint of the segment lies the user's own history.
        break;
      }
      if (born !== undefined && itsBirth.trim() !== '' && itsBirth.trim() !== born) {
        // From here on it was another worktree, which had the same key.
        break;
      }
      oid = commit;
    } else if (oid !== undefined && paths.has(entry) && !changes.has(entry)) {
      changes.set(entry, oid);
    }
  }
  return changes;
}
