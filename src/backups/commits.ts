import type { Worktree } from '../git/worktree';
import type { BackedUpCommit } from './backup';

/** The commits that these arguments of git-rev-list select, newest first, at most so many. */
export async function commitsOf(
  worktree: Worktree,
  selection: readonly string[],
  limit: number,
): Promise<BackedUpCommit[]> {
  const { stdout } = await worktree.git.run({
    args: [
      'log',
      '-z',
      '--no-show-signature',
      '--encoding=UTF-8',
      '--format=%H%x00%at%x00%an%x00%s',
      `--max-count=${limit}`,
      ...selection,
      '--',
    ],
    cwd: worktree.root,
  });
  const fields = stdout.toString('utf8').split('\0');
  const commits: BackedUpCommit[] = [];
  for (let at = 0; at + 3 < fields.length; at += 4) {
    commits.push({
      oid: fields[at] ?? '',
      time: Number(fields[at + 1]) * 1000,
      author: fields[at + 2] ?? '',
      subject: fields[at + 3] ?? '',
    });
  }
  return commits;
}
