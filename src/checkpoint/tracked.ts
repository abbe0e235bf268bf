import { pathBytes, pathFromBytes, pathFromText, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { checkIgnore } from './ignoreCheck';

/** How many paths one call of git is asked about. */
const askedAtOnce = 200;

/** Those of the paths that are in the user's own index. */
export async function trackedByUser(worktree: Worktree, paths: readonly GitPath[]): Promise<Set<GitPath>> {
  const tracked = new Set<GitPath>();
  // A name that is not UTF-8 cannot be asked for; all are listed then.
  const all = paths.some((name) => pathFromText(argument(name)) !== name);
  for (let at = 0; at < paths.length; at += askedAtOnce) {
    const names = paths.slice(at, at + askedAtOnce);
    const { stdout } = await worktree.git.run({
      args: [
        '--literal-pathspecs',
        'ls-files',
        '-z',
        '--cached',
        ...(all ? [] : ['--', ...names.map(argument)]),
      ],
      cwd: worktree.root,
    });
    const listed = new Set(pathFromBytes(stdout).split('\0'));
    for (const name of names.filter((candidate) => listed.has(candidate))) {
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
  const ignored = await checkIgnore(worktree, worktree.root, paths);
  return untrackedOf(worktree, ignored);
}

/** Those of the paths that are not in the user's own index: what the user tracks is not ignored, whatever the rules say. */
export async function untrackedOf(worktree: Worktree, paths: Iterable<GitPath>): Promise<Set<GitPath>> {
  const names = [...paths];
  const tracked = await trackedByUser(worktree, names);
  return new Set(names.filter((name) => !tracked.has(name)));
}
