import { formatCommit } from '../git/commit';
import { pathFromBytes, type GitPath } from '../git/path';
import { isAtLeast, readGitVersion } from '../git/version';
import type { Worktree } from '../git/worktree';
import { orAbsent } from '../restore/absent';

/** The merged tree, or the paths that conflict. */
export type MergedTrees = { readonly tree: string } | { readonly conflicts: readonly GitPath[] };

/** Three trees of one merge. */
export interface ThreeTrees {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

export type MergeTrees = (trees: ThreeTrees) => Promise<MergedTrees>;

/** From here on `merge-tree --stdin` gives each answer at once, and takes trees (its release notes, 2.45 and 2.49). */
const answersAtOnce = [2, 49] as const;

/** From so many merges on, asking git for its version costs less than it saves. */
const worthAsking = 3;

const common = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages'];

/**
 * git's own three-way merge of trees, many times: by one process for all of them where git can, else by one for each.
 * @param count How many merges there will be, at most.
 */
export async function treeMerger(worktree: Worktree, count: number): Promise<MergeTrees> {
  const { git, root } = worktree;
  const together = count >= worthAsking && isAtLeast(await readGitVersion(git, root), answersAtOnce);
  return together ? (trees) => mergeInOne(worktree, trees) : (trees) => mergeAlone(worktree, trees);
}

async function mergeInOne(worktree: Worktree, { base, ours, theirs }: ThreeTrees): Promise<MergedTrees> {
  const merging = worktree.plumbing.process([...common, '--stdin']);
  return orAbsent(
    merging.request(`${base} -- ${ours} ${theirs}\n`, async (answer) => {
      const isClean = (await answer.until(0)).toString('latin1') === '1';
      const tree = (await answer.until(0)).toString('latin1');
      const conflicts: GitPath[] = [];
      for (let name = await answer.until(0); name.length > 0; name = await answer.until(0)) {
        conflicts.push(pathFromBytes(name));
      }
      return isClean ? { tree } : { conflicts };
    }),
  );
}

/**
 * `merge-tree` takes commits and finds the base itself (it can be told one only since git 2.40), so the trees are put into commits
 * of their own: the base, and the two sides on it.
 */
async function mergeAlone(worktree: Worktree, { base, ours, theirs }: ThreeTrees): Promise<MergedTrees> {
  const commit = (tree: string, parents: readonly string[]): Promise<string> =>
    worktree.plumbing.writeCommit(
      formatCommit({ tree, parents, agent: 'Belay', time: 0, message: 'One side of a merge\n' }),
    );
  const root = await commit(base, []);
  const [left, right] = await Promise.all([commit(ours, [root]), commit(theirs, [root])]);
  const output = await orAbsent(
    worktree.git.run({ args: [...common, left, right], cwd: worktree.root, answers: [1] }),
  );
  const [tree = '', ...names] = pathFromBytes(output.stdout).split('\0');
  return output.exitCode === 0 ? { tree } : { conflicts: names.filter((name) => name !== '') };
}
