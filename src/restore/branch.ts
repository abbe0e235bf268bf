import type { Checkpoint } from '../checkpoint/checkpoint';
import { formatCommit } from '../git/commit';
import type { Worktree } from '../git/worktree';
import { openGuard } from '../leases/guard';
import { branchRef, createBranchAt } from '../refs/branch';

/**
 * Makes a branch whose one new commit holds what the checkpoint holds, on the commit that HEAD was at when it was
 * taken: ready to be pushed, without the shadow branch behind it. Switches to nothing.
 * @throws BelayError `invalid_branch`, `branch_exists`.
 */
export async function createBranch(
  worktree: Worktree,
  checkpoint: Checkpoint,
  name: string,
  leases: readonly string[] = [],
): Promise<{ branch: string; commit: string }> {
  await branchRef(worktree, name);
  const guard = await openGuard(worktree, { leases });
  const commit = await commitOnBase(worktree, checkpoint);
  return { branch: await createBranchAt(worktree, guard, name, commit), commit };
}

async function commitOnBase(worktree: Worktree, checkpoint: Checkpoint): Promise<string> {
  const message = `${checkpoint.message}\n\nFrom checkpoint ${checkpoint.oid} (${checkpoint.agent}, step ${checkpoint.step}).\n`;
  const parents = checkpoint.base === undefined ? [] : [checkpoint.base];
  const output = await worktree.git.run({
    args: ['commit-tree', checkpoint.tree, ...parents.flatMap((parent) => ['-p', parent]), '-F', '-'],
    cwd: worktree.root,
    input: message,
    answers: [128],
  });
  if (output.exitCode === 0) {
    return output.stdout.toString('ascii').trim();
  }
  // The person has told git no name yet; the branch is worth more than the name on it.
  const { tree, agent, time } = checkpoint;
  return worktree.plumbing.writeCommit(
    formatCommit({ tree, parents, agent, time: Math.floor(time / 1000), message }),
  );
}
