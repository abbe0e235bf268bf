import { GitError } from '../git/errors';
import type { Worktree } from '../git/worktree';

/**
 * Copies the notes of commits that were made anew, as git-rebase(1) does it where the `notes.rewrite*` settings say so
 * (git-notes(1)); without them there is nothing to do. The rebase is done by then.
 * @returns what there is to say where they could not be copied.
 */
export async function copyNotes(
  worktree: Worktree,
  rewritten: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  if (rewritten.size === 0 || !(await areCopied(worktree))) {
    return undefined;
  }
  try {
    await worktree.git.run({
      args: ['notes', 'copy', '--for-rewrite=rebase', '--stdin'],
      cwd: worktree.root,
      input: Array.from(rewritten, ([from, to]) => `${from} ${to}\n`).join(''),
    });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof GitError) {
      return `The notes of the commits were not copied: ${thrown.message}`;
    }
    throw thrown;
  }
}

/** Whether the person names notes that are to be copied. git copies none by itself. */
async function areCopied(worktree: Worktree): Promise<boolean> {
  const output = await worktree.git.run({
    args: ['config', '--get-all', 'notes.rewriteRef'],
    cwd: worktree.root,
    answers: [1],
  });
  return output.exitCode === 0;
}
