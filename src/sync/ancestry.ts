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

/** Commits with their parents: a part of the history, newest first. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** The lines that `git rev-list --parents` prints. */
export function readGraph(text: string): Graph {
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line): [string, string[]] => {
        const [oid = '', ...parents] = line.split(' ');
        return [oid, parents];
      }),
  );
}

/** Those of these commits that are at or below the starts, and not reached through one of `without`. */
export function reach(
  starts: readonly string[],
  among: Graph,
  without: { has(oid: string): boolean } = new Set(),
): Set<string> {
  const found = new Set<string>();
  const queue = [...starts];
  for (let oid = queue.pop(); oid !== undefined; oid = queue.pop()) {
    const parents = among.get(oid);
    if (parents !== undefined && !found.has(oid) && !without.has(oid)) {
      found.add(oid);
      queue.push(...parents);
    }
  }
  return found;
}
