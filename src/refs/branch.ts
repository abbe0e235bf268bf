import { BelayError } from '../errors';
import { GitError } from '../git/errors';
import type { Worktree } from '../git/worktree';
import { changeRefs, type Fence } from './transaction';

/**
 * Makes a branch at a commit, without switching to it. @returns its full name.
 * @throws BelayError `invalid_branch`, `branch_exists`; what the fence throws.
 */
export async function createBranchAt(
  worktree: Worktree,
  fence: Fence,
  name: string,
  commit: string,
): Promise<string> {
  const ref = await branchRef(worktree, name);
  try {
    const outcome = await changeRefs(worktree, 'create_branch', fence, [{ kind: 'create', ref, to: commit }]);
    if (!outcome.done) {
      await fence.check?.();
      const why =
        outcome.reason === 'moved' ? 'exists already' : `could not be created: ${outcome.message.trim()}`;
      throw new BelayError('branch_exists', `The branch ${name} ${why}.`);
    }
  } catch (thrown) {
    if (thrown instanceof GitError && thrown.failure === 'ref_conflict') {
      throw new BelayError('branch_exists', `A branch stands in the way of ${name}.`, { cause: thrown });
    }
    throw thrown;
  }
  return ref;
}

/** The full name of a branch, as git would take it. @throws BelayError `invalid_branch`. */
export async function branchRef(worktree: Worktree, name: string): Promise<string> {
  const { git, root: cwd } = worktree;
  const ref = `refs/heads/${name}`;
  const check = await git.run({ args: ['check-ref-format', ref], cwd, answers: [1] });
  if (check.exitCode !== 0 || name.startsWith('-') || name === 'HEAD') {
    throw new BelayError('invalid_branch', `${JSON.stringify(name)} cannot be the name of a branch.`);
  }
  return ref;
}
