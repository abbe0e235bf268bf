import { BelayError } from '../errors';
import { halfFilled, type HalfFilled } from '../fanout/halfFilled';
import { unmake } from '../fanout/unmake';
import type { Worktree } from '../git/worktree';
import { listWorktrees, type ListedWorktree } from '../git/worktreeList';
import { gitCommand, fixCommand, type Finding } from './finding';

/** The worktrees whose making has not come to its end. */
export async function halfFilledWorktrees(worktree: Worktree): Promise<Finding[]> {
  const found = await findThem(worktree);
  return found.length === 0
    ? [
        {
          kind: 'worktree_half_filled',
          level: 'ok',
          message: 'Every worktree is complete.',
          fix: undefined,
        },
      ]
    : found.map(({ listed: { key, root }, half }) => ({
        kind: 'worktree_half_filled',
        level: half.live ? 'note' : 'problem',
        message: `The worktree ${key} (${root}) is not complete. ${half.why}`,
        fix: half.live ? undefined : fixFor(worktree, root, half),
      }));
}

function fixFor(worktree: Worktree, root: string, { marked }: HalfFilled): string {
  if (marked) {
    return `${fixCommand}   (removes it; then make it again: belay worktree add)`;
  }
  // The first writes the .git file again where it is missing, the second the index.
  const repair = gitCommand(worktree, 'worktree', 'repair');
  return `${repair} && ${gitCommand({ root }, 'reset', '--quiet')}   (then look at: git status)`;
}

/**
 * Removes those that nobody completes any more, with whatever is in them in a checkpoint. Their branches stay.
 * @returns a sentence for each.
 */
export async function removeHalfFilled(worktree: Worktree): Promise<string[]> {
  const done: string[] = [];
  for (const { listed, half } of await findThem(worktree)) {
    if (half.live || !half.marked || listed.key === worktree.key) {
      continue;
    }
    try {
      await unmake(worktree, listed);
      const branch = listed.branch === undefined ? '' : `; its branch ${listed.branch} stays`;
      done.push(`Removed the worktree ${listed.key} (${listed.root}), which was never completed${branch}.`);
    } catch (thrown) {
      if (!(thrown instanceof BelayError)) {
        throw thrown;
      }
      done.push(`The worktree ${listed.key} is not removed: ${thrown.message}`);
    }
  }
  return done;
}

async function findThem(
  worktree: Worktree,
): Promise<{ readonly listed: ListedWorktree; readonly half: HalfFilled }[]> {
  const found: { listed: ListedWorktree; half: HalfFilled }[] = [];
  for (const listed of await listWorktrees(worktree)) {
    const half = await halfFilled(worktree, listed);
    if (half !== undefined) {
      found.push({ listed, half });
    }
  }
  return found;
}
