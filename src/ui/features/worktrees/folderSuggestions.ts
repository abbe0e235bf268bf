import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { whenMissing } from '../../../git/diskErrors';
import type { Worktree } from '../../../git/worktree';
import { listWorktrees } from '../../../git/worktreeList';
import { folderBeside } from './worktreeNames';

/** What is there already where a new worktree would go. */
export interface Surroundings {
  /** The main worktree's folder, beside which new ones are made. */
  readonly root: string;
  readonly branches: ReadonlySet<string>;
  /** Whether a branch of that name, or its folder beside the repository, is there already. */
  readonly isTaken: (name: string) => boolean;
}

/** Looks at the branches of a repository and at the folders beside it. */
export async function surroundingsOf(worktree: Worktree): Promise<Surroundings> {
  const [main] = await listWorktrees(worktree);
  const root = main?.root ?? worktree.root;
  const text = await worktree.git.text({
    args: ['for-each-ref', '--format=%(refname)', 'refs/heads'],
    cwd: worktree.root,
  });
  const branches = new Set(text.split('\n').map((ref) => ref.slice('refs/heads/'.length)));
  const folders = new Set(await readdir(path.dirname(root)).catch(whenMissing([])));
  return {
    root,
    branches,
    isTaken: (name) => branches.has(name) || folders.has(path.basename(folderBeside(root, name))),
  };
}
