import { BelayError } from '../../errors';
import { closeWorktree, listWorktrees, openWorktree, type Worktree } from '../../git/worktree';
import type { RepositoryModel } from './model';
import type { Repositories } from './repositories';

/**
 * Works in a worktree of a repository, open in this window or not; one that is not is opened for the while.
 * @throws BelayError `unknown_worktree` when it is not there (any more).
 */
export async function inWorktree<T>(
  repositories: Repositories,
  model: RepositoryModel,
  key: string,
  work: (worktree: Worktree) => Promise<T>,
): Promise<T> {
  const siblings = repositories.all.filter(({ commonDir }) => commonDir === model.commonDir);
  const open = [model, ...siblings].find(({ worktree }) => worktree.key === key);
  if (open !== undefined) {
    return work(open.worktree);
  }
  const listed = (await listWorktrees(model.worktree)).find((one) => one.key === key && !one.missing);
  if (listed === undefined) {
    throw new BelayError('unknown_worktree', `The folder of the worktree ${key} is not there.`);
  }
  const worktree = await openWorktree(model.worktree.git, listed.root);
  try {
    return await work(worktree);
  } finally {
    closeWorktree(worktree);
  }
}
