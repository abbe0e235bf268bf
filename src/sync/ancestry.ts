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
