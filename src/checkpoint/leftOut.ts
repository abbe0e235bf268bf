import { pathFromBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { look, type DiskEntry } from './hash';
import type { Ignoring } from './ignoring';
import { isWithin } from './ignoreRecord';
import { argument } from './tracked';
import { pathsOnlyIn } from './trees';

/** What git does not capture of a scan because of ignore rules that came, or that went. */
export interface LeftOut {
  /** Those of the untracked paths that stay out. */
  readonly paths: ReadonlySet<GitPath>;
  /** The same, but with one folder for all that a rule ignores as a whole. */
  readonly gaps: readonly GitPath[];
}

/** Which of the untracked paths of a scan the rules that stood before ignore. */
export async function leftOutOf(
  ignoring: Ignoring,
  untracked: readonly GitPath[],
  isIncluded: (name: GitPath) => boolean,
): Promise<LeftOut> {
  const candidates = untracked.filter((name) => !isIncluded(name) && ignoring.mayDiffer(name));
  const folders = new Set(candidates.flatMap(foldersOf));
  const ignored = await ignoring.ignoredBefore([...candidates, ...folders]);
  const paths = new Set(candidates.filter((name) => ignored.has(name)));
  const gaps = [...paths].map((name) => {
    const folder = foldersOf(name).find((above) => ignored.has(above));
    return folder === undefined ? name : folder.slice(0, -1);
  });
  return { paths, gaps: [...new Set(gaps)] };
}

/** The folders that a path lies in, the outermost first, each with a slash at its end. */
function foldersOf(name: GitPath): GitPath[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_, index) => `${parts.slice(0, index + 1).join('/')}/`);
}

/**
 * What was captured before and is ignored by now: there is nothing of it in the tree any more, but it is on the disk, and git
 * lists it, or a folder around it, as ignored. Listed ones are named.
 */
export async function ignoredByNow(
  worktree: Worktree,
  trees: { readonly before: string; readonly after: string },
  listed: ReadonlySet<GitPath>,
): Promise<GitPath[]> {
  if (listed.size === 0 || trees.before === trees.after) {
    return [];
  }
  const gone = new Map<GitPath, GitPath>();
  for (const name of await pathsOnlyIn(worktree.plumbing, trees.before, trees.after)) {
    const around = listedAround(name, listed);
    if (around !== undefined) {
      gone.set(name, around);
    }
  }
  const found = await look(worktree, [...gone.keys()]);
  const there = [...gone].filter(([name]) => isThere(found.get(name)));
  return [...new Set(there.map(([, around]) => around))];
}

/** The files of what a person has included that git ignores today, and so does not list by itself. */
export async function ignoredButIncluded(
  worktree: Worktree,
  index: string,
  included: readonly GitPath[],
  listed: ReadonlySet<GitPath>,
): Promise<GitPath[]> {
  const concerned = included.filter(
    (name) => listedAround(name, listed) !== undefined || [...listed].some((entry) => isWithin(entry, name)),
  );
  if (concerned.length === 0) {
    return [];
  }
  const { stdout } = await worktree.git.run({
    args: ['--literal-pathspecs', 'ls-files', '-z', '--others', '--', ...concerned.map(argument)],
    cwd: worktree.root,
    env: { GIT_INDEX_FILE: index },
  });
  // A repository in it, whose name ends with a slash, has git of its own.
  return pathFromBytes(stdout)
    .split('\0')
    .filter((name) => name !== '' && !name.endsWith('/'));
}

/** Those that are there and ignored still, as git lists them by now. */
export async function stillIgnored(
  worktree: Worktree,
  names: readonly GitPath[],
  listed: ReadonlySet<GitPath>,
): Promise<GitPath[]> {
  const found = await look(worktree, names);
  return names.flatMap((name) =>
    found.get(name)?.kind === 'nothing' ? [] : (listedAround(name, listed) ?? []),
  );
}

/** The path itself or the folder around it that is listed. */
function listedAround(name: GitPath, listed: ReadonlySet<GitPath>): GitPath | undefined {
  const above = foldersOf(name).map((folder) => folder.slice(0, -1));
  return [...above, name].find((candidate) => listed.has(candidate));
}

function isThere(found: DiskEntry | undefined): boolean {
  return found !== undefined && found.kind !== 'nothing' && found.kind !== 'folder';
}
