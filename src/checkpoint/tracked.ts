import { pathBytes, pathFromBytes, pathFromText, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';

/** Those of the paths that are in the user's own index. */
export async function trackedByUser(worktree: Worktree, paths: readonly GitPath[]): Promise<Set<GitPath>> {
  const tracked = new Set<GitPath>();
  for (const name of paths) {
    // A name that is not UTF-8 cannot be asked for; all are listed then.
    const one = pathFromText(argument(name)) === name ? ['--', argument(name)] : [];
    const { stdout } = await worktree.git.run({
      args: ['--literal-pathspecs', 'ls-files', '-z', '--cached', ...one],
      cwd: worktree.root,
    });
    if (pathFromBytes(stdout).split('\0').includes(name)) {
      tracked.add(name);
    }
  }
  return tracked;
}

/** A path as a command line argument, for the rare commands that take no list. Names that are not UTF-8 do not fit. */
export function argument(name: GitPath): string {
  return pathBytes(name).toString('utf8');
}

/** Those of the paths that git ignores and the user does not track. */
export async function ignoredOf(worktree: Worktree, paths: readonly GitPath[]): Promise<Set<GitPath>> {
  if (paths.length === 0) {
    return new Set();
  }
  const { stdout } = await worktree.git.run({
    args: ['check-ignore', '--no-index', '-z', '--stdin'],
    cwd: worktree.root,
    // It takes path specifications, not paths: a leading colon would be read as one.
    input: Buffer.from(paths.map((name) => `./${name}\0`).join(''), 'latin1'),
    answers: [1],
  });
  const ignored = new Set(
    pathFromBytes(stdout)
      .split('\0')
      .slice(0, -1)
      .map((name) => name.slice(2)),
  );
  // What the user tracks is not ignored, whatever the patterns say.
  const tracked = await trackedByUser(worktree, [...ignored]);
  return new Set([...ignored].filter((name) => !tracked.has(name)));
}
