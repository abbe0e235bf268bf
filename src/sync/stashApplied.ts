import { readCommit } from '../git/commit';
import type { Worktree } from '../git/worktree';
import { shadowRef } from '../refs/names';
import { addsNothingTo } from './replaced';

/**
 * Whether what an entry of the stash holds is in the worktree's last checkpoint, so that it was popped rather than dropped. Its
 * third parent has the files that git did not track, where they were put away as well (git-stash(1)).
 */
export async function isApplied(worktree: Worktree, entry: string): Promise<boolean> {
  const target = shadowRef(worktree.key);
  const [object] = await worktree.plumbing.objects([entry]);
  const untracked = object && readCommit(object.content.toString('latin1')).parents[2];
  return (
    (await addsNothingTo(worktree, target, entry)) &&
    (untracked === undefined || (await addsNothingTo(worktree, target, untracked, true)))
  );
}
