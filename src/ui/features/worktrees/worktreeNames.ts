import path from 'node:path';
import type { Resolved } from '../../../fanout/resolve';
import { readdir } from 'node:fs/promises';
import { whenMissing } from '../../../git/diskErrors';
import type { Worktree } from '../../../git/worktree';
import { listWorktrees } from '../../../git/worktreeList';

/** Stands for a number in the names of several worktrees, as on the command line. */
export const placeholder = '{n}';

/** What a pin is called unless the person says otherwise: its branch or tag without the remote, or the id. */
export function defaultPinName({ ref, remote, source, commit }: Resolved): string {
  const name = (ref ?? source).replace(/^refs\/(?:heads|tags|remotes)\//, '');
  if (name === commit) {
    return commit.slice(0, 8);
  }
  const isRemote = ref?.startsWith('refs/remotes/') === true && remote !== undefined;
  return isRemote && name.startsWith(`${remote}/`) ? name.slice(remote.length + 1) : name;
}

/** A name as the name of one folder, whatever it holds. */
export function folderName(name: string): string {
  const safe = name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|[-.]+$/g, '');
  return safe === '' ? 'worktree' : safe;
}

/** The folder beside a repository that a worktree of that name is made in. */
export function folderBeside(root: string, name: string): string {
  return path.join(path.dirname(root), `${path.basename(root)}-${folderName(name)}`);
}

/** The first names of a pattern that are not taken: its placeholder is 1, 2, ... */
export function freeNames(
  pattern: string,
  count: number,
  isTaken: (name: string) => boolean,
): readonly string[] {
  const names: string[] = [];
  for (let number = 1; names.length < count && number < 10_000; number += 1) {
    const name = pattern.replaceAll(placeholder, String(number));
    if (!isTaken(name)) {
      names.push(name);
    }
  }
  return names;
}

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
