import { BelayError } from '../../errors';
import { closeWorktree, openWorktree, type Worktree } from '../../git/worktree';
import { listWorktrees, type ListedWorktree } from '../../git/worktreeList';
import type { RepositoryModel } from './repositoryModel';
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
  const open = openOne(repositories, model, key);
  if (open !== undefined) {
    return work(open.worktree);
  }
  const listed = await listedOne(model, key);
  if (listed === undefined) {
    throw new BelayError('unknown_worktree', `The folder of the worktree ${key} is not there.`);
  }
  const worktree = await openWorktree(model.worktree.git, listed.root);
  try {
    return await work(worktree);
  } finally {
    closeWorktree(worktree, model.worktree);
  }
}

/** Whether a worktree of a repository has a folder. */
export async function isThere(
  repositories: Repositories,
  model: RepositoryModel,
  key: string,
): Promise<boolean> {
  return openOne(repositories, model, key) !== undefined || (await listedOne(model, key)) !== undefined;
}

function openOne(
  repositories: Repositories,
  model: RepositoryModel,
  key: string,
): RepositoryModel | undefined {
  const siblings = repositories.all.filter(({ commonDir }) => commonDir === model.commonDir);
  return [model, ...siblings].find(({ worktree }) => worktree.key === key);
}

async function listedOne(model: RepositoryModel, key: string): Promise<ListedWorktree | undefined> {
  return (await listWorktrees(model.worktree)).find((one) => one.key === key && !one.missing);
}
