import type { Worktree } from '../git/worktree';

/** Whether everything that the older commit holds is in the newer one, too. A commit is its own ancestor. */
export async function isAncestor(worktree: Worktree, older: string, newer: string): Promise<boolean> {
  const output = await worktree.git.run({
    args: ['merge-base', '--is-ancestor', older, newer],
    cwd: worktree.root,
    answers: [1],
  });
  return output.exitCode === 0;
}

/** What both have grown from; undefined where they have nothing in common, or not as far as a shallow clone goes back. */
export async function mergeBase(worktree: Worktree, one: string, other: string): Promise<string | undefined> {
  const output = await worktree.git.run({
    args: ['merge-base', one, other],
    cwd: worktree.root,
    answers: [1],
  });
  return output.exitCode === 0 ? output.stdout.toString('ascii').trim() : undefined;
}
