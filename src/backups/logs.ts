import type { Worktree } from '../git/worktree';

/** How many commits that only git's logs hold are searched. */
const logLimit = 5_000;

/**
 * The newest of each line of commits that nothing but git's logs holds, which it forgets when it clears up.
 * @throws GitError.
 */
export async function onlyInLogs(worktree: Worktree): Promise<string[]> {
  const text = await worktree.git.text({
    args: ['rev-list', '--topo-order', '--parents', `--max-count=${logLimit}`, '--reflog', '--not', '--all'],
    cwd: worktree.root,
  });
  const rows = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '));
  const below = new Set(rows.flatMap(([, ...parents]) => parents));
  return rows.flatMap(([oid = '']) => (below.has(oid) ? [] : oid));
}
