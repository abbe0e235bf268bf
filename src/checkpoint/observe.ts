import { formatCommit } from '../git/commit';
import { readHead, readOperation, type Head } from '../git/head';
import type { Worktree } from '../git/worktree';
import { pathText } from '../git/path';
import type { StatCache } from './statCache';
import { treeOf } from './trees';

/** What is true of a worktree beside its files at the moment of a checkpoint. */
export interface Observed {
  readonly head: Head;
  readonly operation: string | undefined;
  /** The commit that holds the staged state; undefined where it is just HEAD's. */
  readonly staged: string | undefined;
}

export async function observe(worktree: Worktree, cache: StatCache): Promise<Observed> {
  const [head, operation] = await Promise.all([readHead(worktree), readOperation(worktree)]);
  return { head, operation, staged: await stagedCommit(worktree, head, cache) };
}

/**
 * Keeps the staged state as a commit on HEAD, so that its objects stay reachable and staged and unstaged changes can
 * be told apart later. The same state always gives the same commit: its dates are fixed.
 */
async function stagedCommit(worktree: Worktree, head: Head, cache: StatCache): Promise<string | undefined> {
  const { plumbing } = worktree;
  if (cache.staged === (await headTree(worktree, head)) && cache.unmerged.length === 0) {
    return undefined;
  }
  // The other side of a conflict: its blobs are what the conflicting index entries name.
  const others =
    cache.unmerged.length === 0
      ? []
      : await plumbing.infos(['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'REBASE_HEAD']);
  const parents = [head.oid, ...others.map((info) => info?.oid)].flatMap((oid) =>
    oid === undefined ? [] : [oid],
  );
  const conflicts = cache.unmerged.map(({ entry, path }) => `Belay-Unmerged: ${entry} ${pathText(path)}\n`);
  return plumbing.writeCommit(
    formatCommit({
      tree: cache.staged,
      parents: [...new Set(parents)],
      agent: 'Belay',
      time: 0,
      message: `Staged state\n\nBelay-Worktree: ${worktree.key}\n${conflicts.join('')}`,
    }),
  );
}

/** The tree of HEAD's commit; an empty one on an unborn branch. */
export function headTree({ plumbing }: Worktree, head: Head): Promise<string> {
  return head.oid === undefined ? plumbing.writeTree([]) : treeOf(plumbing, head.oid);
}
