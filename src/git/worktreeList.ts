import { readdir, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Git } from './git';
import { headFileOf } from './keptFiles';
import { Lasting } from './lasting';
import { whenMissing } from './diskErrors';
import { exists, gitDirOf, plumbingOf, readConfig, worktreeKey, type Worktree } from './worktree';

/** One line of `git worktree list`, with the key that names its shadow branch. */
export interface ListedWorktree {
  readonly key: string;
  readonly root: string;
  readonly head: string | undefined;
  readonly branch: string | undefined;
  readonly bare: boolean;
  readonly locked: boolean;
  /** Its folder is gone, or it is not known where it is. */
  readonly missing: boolean;
}

/** All worktrees of the repository, the main one first. */
export async function listWorktrees(worktree: Worktree): Promise<ListedWorktree[]> {
  const { git, key, root, repository, config } = worktree;
  return listed(git, root, repository.commonDir, (named) =>
    key === 'main' ? { folder: root, known: true } : mainRoot(repository.commonDir, config, named),
  );
}

/** As {@link listWorktrees}, from a folder that belongs to the repository and lies in no worktree of it. */
export async function listWorktreesAround(git: Git, folder: string): Promise<ListedWorktree[]> {
  const args = ['rev-parse', '--path-format=absolute', '--git-common-dir'];
  const [named, config] = await Promise.all([git.text({ args, cwd: folder }), readConfig(git, folder)]);
  const commonDir = await realpath(named);
  return listed(git, folder, commonDir, (main) => mainRoot(commonDir, config, main));
}

async function listed(
  git: Git,
  cwd: string,
  commonDir: string,
  main: (named: string) => Root,
): Promise<ListedWorktree[]> {
  // A format for programs; and hooks, which ask for it, are not to load what reads the ones for people.
  const text = await git.text({ args: ['worktree', 'list', '--porcelain', '-z'], cwd });
  const keys = await linkedKeys(commonDir);
  const found: ListedWorktree[] = [];
  for (const block of text.split('\0\0').filter((entry) => entry !== '')) {
    const fields = new Map(block.split('\0').map((line) => splitOnce(line)));
    const named = fields.get('worktree') ?? '';
    const key = keys.get(named) ?? 'main';
    const root = key === 'main' && !fields.has('bare') ? main(named) : { folder: named, known: true };
    found.push({
      key,
      root: root.folder,
      head: /^0*$/.test(fields.get('HEAD') ?? '') ? undefined : fields.get('HEAD'),
      branch: fields.get('branch'),
      bare: fields.has('bare'),
      locked: fields.has('locked'),
      missing: !root.known || !(await exists(root.folder)),
    });
  }
  return found;
}

interface Root {
  readonly folder: string;
  readonly known: boolean;
}

/**
 * Where the main worktree is. With a git dir that lies apart (`--separate-git-dir`, the inside of a submodule) git names that one
 * instead: then it is known from within, and by `core.worktree`.
 */
function mainRoot(commonDir: string, config: Worktree['config'], named: string): Root {
  if (path.resolve(named) !== commonDir) {
    return { folder: named, known: true };
  }
  const set = config.get('core.worktree');
  return set === undefined
    ? { folder: named, known: false }
    : { folder: path.resolve(commonDir, set), known: true };
}

/** From the folder of each linked worktree to its key, as the common dir records them. */
async function linkedKeys(commonDir: string): Promise<Map<string, string>> {
  const keys = new Map<string, string>();
  const folder = path.join(commonDir, 'worktrees');
  for (const name of await readdir(folder).catch(whenMissing([]))) {
    const pointer = await readFile(path.join(folder, name, 'gitdir'), 'utf8').catch(whenMissing([]));
    if (typeof pointer === 'string') {
      const dotGit = path.resolve(path.join(folder, name), pointer.replace(/\n$/, ''));
      keys.set(path.dirname(dotGit), worktreeKey(commonDir, path.join(folder, name)));
    }
  }
  return keys;
}

function splitOnce(line: string): [string, string] {
  const space = line.indexOf(' ');
  return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
}

/**
 * Another worktree of the same repository, as {@link listWorktrees} has it, without asking git about it: its settings are
 * taken to be those of the given one.
 * @param askedAt when that list was asked for, in milliseconds since the epoch.
 */
export async function openListed(
  worktree: Worktree,
  { key, root, branch }: Pick<ListedWorktree, 'key' | 'root' | 'branch'>,
  askedAt: number,
): Promise<Worktree> {
  const { repository } = worktree;
  const gitDir = await realpath(gitDirOf(repository.commonDir, key));
  const headBranch = new Lasting<string | undefined>();
  const headFile = headFileOf(gitDir, repository.refsElsewhere ? undefined : await repository.refFormat());
  if (headFile !== undefined) {
    headBranch.learn(headFile, askedAt, branch);
  }
  return { ...worktree, plumbing: plumbingOf(repository, root), root, gitDir, headBranch, key };
}
