import type { Call } from '../backups/calls';
import type { Worktree } from '../git/worktree';
import { notHeld, type Fallen } from './fallen';
import { findReplaced } from './replaced';

/**
 * What a call's pushes have taken from the branches of remotes: what those were at before and do not hold any more, but for what
 * was amended or rebased. A push that went through is told by the branch's name here, which git then moves. Where the remote was
 * not asked before, what it was known to be at stands for what is not known.
 */
export async function overwrittenBy(worktree: Worktree, { pushed = [], note }: Call): Promise<Fallen[]> {
  if (pushed.length === 0) {
    return [];
  }
  const infos = await worktree.plumbing.infos(pushed.map(({ ref }) => ref));
  const found: Fallen[] = [];
  for (const [at, { ref, tip: before, was, sure }] of pushed.entries()) {
    const now = infos[at]?.oid;
    // Its name here has not moved: nothing was pushed, or what was there already.
    if (now === was || now === before) {
      continue;
    }
    const loose = await notHeld(worktree, [before]);
    const replaced = await findReplaced(worktree, [{ tip: before, commits: [...loose.keys()] }], loose);
    const commits = [...loose.keys()].filter((oid) => !replaced.has(oid));
    const [tip = before] = commits;
    if (commits.length > 0 || (!sure && note !== undefined)) {
      found.push({
        what: 'branch',
        from: ref,
        tip,
        commits: commits.length === 0 ? [tip] : commits,
        lost: commits.length,
        how: now === undefined ? 'push: deleted' : 'push: overwritten',
      });
    }
  }
  return found;
}
