import { checkpointsAt, latestCheckpoint } from '../checkpoint/history';
import { listWorktrees, type Worktree } from '../git/worktree';
import { shadowPrefix, shadowRef } from '../refs/names';
import type { WorktreeSummary } from './model';

/** Every worktree of the repository with its last checkpoint, the main one first. */
export async function summarizeWorktrees(worktree: Worktree): Promise<WorktreeSummary[]> {
  const [listed, tips] = await Promise.all([listWorktrees(worktree), checkpointsAt(worktree, shadowPrefix)]);
  return Promise.all(
    listed
      .filter(({ bare }) => !bare)
      .map(async ({ key, root, branch, head, locked, missing }) => ({
        key,
        root,
        branch,
        base: head,
        // A foreign commit may stand on top of the chain; then the chain is walked.
        latest: tips.get(shadowRef(key)) ?? (await latestCheckpoint(worktree, key)),
        locked,
        missing,
      })),
  );
}
