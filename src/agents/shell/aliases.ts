import type { Worktree } from '../../git/worktree';

/**
 * git's aliases of a repository, by name.
 * @throws GitError
 */
export async function aliasesOf({ git, root }: Worktree): Promise<ReadonlyMap<string, string>> {
  const args = ['config', '-z', '--get-regexp', '^alias\\.'];
  const { stdout } = await git.run({ args, cwd: root, answers: [1, 128] });
  return new Map(
    stdout
      .toString('utf8')
      .split('\0')
      .flatMap((entry) => {
        const [key = '', ...value] = entry.split('\n');
        // `alias.NAME`, or `alias.NAME.command` (git 2.54).
        const name = /^alias\.(.+?)(?:\.command)?$/s.exec(key)?.[1];
        return name === undefined ? [] : [[name, value.join('\n')] as const];
      }),
  );
}

/**
 * Whether git would take a word for a branch or a commit: it is one, or the only thing of that name is a branch of a remote, which
 * `git checkout` makes one of.
 * @throws GitError
 */
export async function namesCommit({ git }: Worktree, folder: string, name: string): Promise<boolean> {
  const verified = await git.run({
    args: ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`],
    cwd: folder,
    answers: [1, 128],
  });
  if (verified.exitCode === 0) {
    return true;
  }
  if (/[*?[\\\s:^~]/.test(name)) {
    return false;
  }
  const remote = await git.run({
    args: ['for-each-ref', '--count=1', '--format=1', `refs/remotes/*/${name}`],
    cwd: folder,
    answers: [128],
  });
  return remote.stdout.length > 0;
}
