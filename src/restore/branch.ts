import type { Checkpoint } from '../checkpoint/model';
import { BelayError } from '../errors';
import { formatCommit } from '../git/commit';
import { GitError } from '../git/errors';
import type { Worktree } from '../git/worktree';
import { openGuard } from '../leases/guard';
import { changeRefs } from '../refs/transaction';

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
  const { git, root: cwd } = worktree;
  const check = await git.run({ args: ['check-ref-format', `refs/heads/${name}`], cwd, answers: [1] });
  if (check.exitCode !== 0 || name.startsWith('-') || name === 'HEAD') {
    throw new BelayError('invalid_branch', `${JSON.stringify(name)} cannot be the name of a branch.`);
  }
  const guard = await openGuard(worktree, { leases });
  const commit = await commitOnBase(worktree, checkpoint);
  const branch = `refs/heads/${name}`;
  try {
    const outcome = await changeRefs(worktree, 'create_branch', guard, [
      { kind: 'create', ref: branch, to: commit },
    ]);
    if (!outcome.done) {
      await guard.check();
      const why =
        outcome.because === 'moved' ? 'exists already' : `could not be created: ${outcome.words.trim()}`;
      throw new BelayError('branch_exists', `The branch ${name} ${why}.`);
    }
  } catch (thrown) {
    if (thrown instanceof GitError && thrown.failure === 'ref_conflict') {
      throw new BelayError('branch_exists', `A branch stands in the way of ${name}.`, { cause: thrown });
    }
    throw thrown;
  }
  return { branch, commit };
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
