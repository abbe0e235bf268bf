import { checkpointsAt, latestCheckpoint } from '../checkpoint/history';
import type { Worktree } from '../git/worktree';
import { listWorktrees } from '../git/worktreeList';
import { listLeases } from '../leases/read';
import { shadowPrefix, shadowRef } from '../refs/names';
import type { WorktreeSummary } from './session';
import { livenessOfOwner } from './liveness';

/** Every worktree of the repository with its last checkpoint and who holds it, the main one first. */
export async function summarizeWorktrees(worktree: Worktree): Promise<WorktreeSummary[]> {
  const [listed, tips, leases] = await Promise.all([
    listWorktrees(worktree),
    checkpointsAt(worktree, shadowPrefix),
    listLeases(worktree),
  ]);
  return Promise.all(
    listed
      .filter(({ bare }) => !bare)
      .map(async ({ key, root, branch, head, locked, missing }) => {
        const lease = leases.find(
          ({ resource, status }) =>
            status === 'held' && resource.kind === 'worktree' && resource.name === key,
        );
        return {
          key,
          root,
          branch,
          base: head,
          // A foreign commit may stand on top of the chain; then the chain is walked.
          latest: tips.get(shadowRef(key)) ?? (await latestCheckpoint(worktree, key)),
          locked,
          missing,
          lease,
          liveness: lease && (await livenessOfOwner(worktree.repository, lease)),
        };
      }),
  );
}
