import { BelayError, whenRefusedByBelay } from '../errors';
import type { Git } from './git';
import { quoted } from './quoted';
import { openWorktree, type Worktree } from './worktree';
import { listWorktreesAround } from './worktreeList';

/**
 * A folder that belongs to a repository and lies in none of its worktrees: a bare repository, the folder that holds one beside
 * its worktrees, or the inside of a git dir.
 */
export class NoWorktreeHere extends BelayError {
  constructor(
    readonly folder: string,
    /** The folders of the worktrees that there are. */
    readonly worktrees: readonly string[],
  ) {
    super(
      'bare_repository',
      worktrees.length === 0
        ? `${folder} is in no worktree: its repository has none.`
        : `${folder} is in no worktree of its repository. Its worktrees: ${worktrees.join(', ')}.`,
    );
  }

  override get next(): string {
    const [first] = this.worktrees;
    return first === undefined
      ? `Make a worktree: git -C ${quoted(this.folder)} worktree add PATH BRANCH`
      : `Add --cwd with one of them (--cwd ${quoted(first)}), or go there: cd ${quoted(first)}`;
  }
}

/** A worktree of the repository that a folder belongs to. */
export interface AnyWorktree {
  readonly worktree: Worktree;
  /** Why it is another one than the folder's own; undefined where the folder lies in it. */
  readonly elsewhere: NoWorktreeHere | undefined;
}

/**
 * Finds the worktree that a folder lies in, else the first of the repository's others that is there: what concerns the
 * repository alone can be read and done from any of them.
 * @param but The key of the one that is to be chosen only if there is no other.
 * @throws NoWorktreeHere where there is none; else as {@link openWorktree}.
 */
export async function openAnyWorktree(git: Git, folder: string, but?: string): Promise<AnyWorktree> {
  try {
    return { worktree: await openWorktree(git, folder), elsewhere: undefined };
  } catch (thrown) {
    if (!(thrown instanceof BelayError) || thrown.reason !== 'bare_repository') {
      throw thrown;
    }
  }
  const there = (await listWorktreesAround(git, folder)).filter(({ bare, missing }) => !bare && !missing);
  const elsewhere = new NoWorktreeHere(
    folder,
    there.map(({ root }) => root),
  );
  for (const { root } of there.toSorted((a, b) => Number(a.key === but) - Number(b.key === but))) {
    const worktree = await openWorktree(git, root).catch(noneAnyMore);
    if (worktree !== undefined) {
      return { worktree, elsewhere };
    }
  }
  throw elsewhere;
}

/** What git lists may have become something else, or belong to a location that Belay refuses. */
const noneAnyMore = whenRefusedByBelay(undefined, 'not_a_repository', 'bare_repository', 'refused_location');
