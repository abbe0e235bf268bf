import { BelayError } from '../errors';
import { GitError } from '../git/errors';
import { noteChange } from '../ledger';
import { Again, retry } from '../git/retry';
import type { Worktree } from '../git/worktree';
import type { Base } from './pin';

/** Time limit in ms for waiting until another git has written the configuration. */
const configTimeoutMs = 5_000;

/**
 * Lets a new branch follow what the pin was resolved from: a remote branch, or what a local one follows. A pin that was given
 * as an id has none.
 * @returns the full name of what the branch follows now.
 * @throws BelayError `publish_failed` while another git keeps the configuration locked.
 */
export async function followUpstream(
  worktree: Worktree,
  branch: string,
  { ref }: Base,
): Promise<string | undefined> {
  const upstream = ref === undefined ? undefined : await upstreamFor(worktree, ref);
  if (upstream === undefined) {
    return undefined;
  }
  return retry({ withinMs: configTimeoutMs, pauseMs: () => 20 + Math.random() * 80 }, async () => {
    const output = await worktree.git.run({
      args: ['branch', '--quiet', `--set-upstream-to=${upstream}`, branch],
      cwd: worktree.root,
      answers: [1, 128, 255],
    });
    if (output.exitCode === 0) {
      noteChange('configuration', `branch.${branch}`, { to: upstream });
      return upstream;
    }
    // Many gits that set up worktrees at once race for this lock.
    if (!/could not lock config file/.test(output.stderr)) {
      throw new GitError('other', 'branch --set-upstream-to', output.stderr);
    }
    const words = `What ${branch} follows could not be written: ${output.stderr.trim()}`;
    return new Again(new BelayError('publish_failed', words));
  });
}

async function upstreamFor(worktree: Worktree, ref: string): Promise<string | undefined> {
  const text = await worktree.git.text({
    args: ['for-each-ref', '--format=%(refname)%00%(upstream)', ref],
    cwd: worktree.root,
  });
  const row = text
    .split('\n')
    .map((line) => line.split('\0'))
    .find(([name]) => name === ref);
  if (row === undefined) {
    return undefined;
  }
  if (ref.startsWith('refs/remotes/')) {
    return ref;
  }
  const [, followed = ''] = row;
  return !ref.startsWith('refs/heads/') ? undefined : followed === '' ? ref : followed;
}
