import { access, readdir, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeOnTheWay } from '../checkpoint/take';
import { BelayError } from '../errors';
import { whenMissing } from '../git/diskErrors';
import { pathFromBytes, pathFromText } from '../git/path';
import { closeWorktree, gitDirOf, openWorktree, type Worktree } from '../git/worktree';
import type { ListedWorktree } from '../git/worktreeList';
import { noteChange } from '../ledger';
import { deleteSaved, inventory } from '../restore/deleteSaved';
import { listPaths } from '../sync/syncPlan';

/** Time limit in ms for a git whose parent was killed to go on filling a worktree. */
const fillTimeoutMs = 10_000;

/**
 * Removes what is left of a worktree that was never completed. Whatever is in its folder is in a checkpoint first; a folder
 * with something in it that no checkpoint can hold is left alone.
 * @throws BelayError `half_filled` when it has to be left.
 */
export async function unmake(
  worktree: Worktree,
  { key, root }: Pick<ListedWorktree, 'key' | 'root'>,
): Promise<void> {
  await orphanToEnd(gitDirOf(worktree.repository.commonDir, key));
  const inside = await readdir(root).catch(whenMissing(undefined));
  if (inside !== undefined && inside.length > 0) {
    await saveWhatIsThere(worktree, key, root);
  } else if (inside !== undefined) {
    await rmdir(root).catch(whenMissing(undefined));
  }
  await requireGone(root);
  // Twice: it is locked, by the process that was making it.
  await worktree.git.run({ args: ['worktree', 'remove', '--force', '--force', root], cwd: worktree.root });
  noteChange('worktree', root, { from: 'there' });
}

/** A git goes on when the process that started it is killed. It holds the index locked while it fills the folder. */
async function orphanToEnd(gitDir: string): Promise<void> {
  const deadline = performance.now() + fillTimeoutMs;
  const lock = path.join(gitDir, 'index.lock');
  while (performance.now() < deadline) {
    const found = await stat(lock).catch(whenMissing(undefined));
    if (found === undefined || Date.now() - found.mtimeMs > fillTimeoutMs) {
      return;
    }
    await sleep(50);
  }
}

/** git would delete whatever is in it. @throws BelayError `half_filled`. */
async function requireGone(root: string): Promise<void> {
  const left = await readdir(root).catch(whenMissing(undefined));
  if (left !== undefined && left.length > 0) {
    throw new BelayError(
      'half_filled',
      `${root} was written to while it was removed: ${listPaths(left.map(pathFromText))}.`,
    );
  }
}

/** Deletes what a checkpoint holds. @throws BelayError `half_filled`. */
async function saveWhatIsThere(worktree: Worktree, key: string, root: string): Promise<void> {
  const isWorktree = await access(path.join(root, '.git')).then(() => true, whenMissing(false));
  if (!isWorktree) {
    throw new BelayError('half_filled', `${root} has no .git file, and is not empty.`);
  }
  const made = await openWorktree(worktree.git, root);
  try {
    if (made.key !== key) {
      throw new BelayError('half_filled', `What is in ${root} is not the worktree ${key}.`);
    }
    const saved = await inventory(root);
    const { checkpoint } = await takeOnTheWay(made, {
      session: 'command-line',
      agent: 'editor',
      message: 'Before removing a worktree that was never completed',
    });
    const { stdout } = await made.git.run({
      args: ['ls-files', '-z', '--others', '--ignored', '--exclude-standard', '--directory'],
      cwd: root,
    });
    const ignored = pathFromBytes(stdout).split('\0').slice(0, -1);
    const left = [...ignored, ...checkpoint.uncovered.map((gap) => gap.path)];
    if (left.length > 0) {
      throw new BelayError('half_filled', `${root} has what no checkpoint holds: ${listPaths(left)}.`);
    }
    await deleteSaved(root, saved, () => false);
  } finally {
    closeWorktree(made, worktree);
  }
}
