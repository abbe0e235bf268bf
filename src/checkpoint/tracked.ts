import { pathBytes, pathFromBytes, pathFromText, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { checkIgnore } from './ignoreCheck';
import type { PathEntry } from './trees';

/** How many paths one call of git is asked about. */
const askedAtOnce = 200;

/** Those of the paths that are in the user's own index. */
export async function trackedByUser(worktree: Worktree, paths: readonly GitPath[]): Promise<Set<GitPath>> {
  const listed = await listInIndex(worktree, ['-z', '--cached'], paths);
  const found = new Set(listed);
  return new Set(paths.filter((name) => found.has(name)));
}

/** What the user's own index has of those paths that a sparse checkout leaves out: they are missing on purpose. */
export async function sparseEntries(
  worktree: Worktree,
  paths: readonly GitPath[],
): Promise<Map<GitPath, PathEntry>> {
  const wanted = new Set(paths);
  const entries = new Map<GitPath, PathEntry>();
  for (const line of await listInIndex(worktree, ['-s', '-v', '-z'], paths)) {
    const [, mode = '', oid = '', name = ''] = /^[Ss] (\d+) ([0-9a-f]+) 0\t(.*)$/s.exec(line) ?? [];
    if (wanted.has(name)) {
      entries.set(name, { mode, oid });
    }
  }
  return entries;
}

async function listInIndex(
  worktree: Worktree,
  options: readonly string[],
  paths: readonly GitPath[],
): Promise<string[]> {
  const listed: string[] = [];
  // A name that is not UTF-8 cannot be asked for; all are listed then.
  const all = paths.some((name) => pathFromText(argument(name)) !== name);
  const width = all ? Math.max(1, paths.length) : askedAtOnce;
  for (let at = 0; at < paths.length; at += width) {
    const asked = all ? [] : ['--', ...paths.slice(at, at + width).map(argument)];
    const { stdout } = await worktree.git.run({
      args: ['--literal-pathspecs', 'ls-files', ...options, ...asked],
      cwd: worktree.root,
    });
    listed.push(...pathFromBytes(stdout).split('\0'));
  }
  return listed;
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
