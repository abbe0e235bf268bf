import path from 'node:path';
import { GitError } from '../git/errors';
import type { Worktree } from '../git/worktree';
import { quoted } from '../git/quoted';
import { gitCommand, type Finding } from './finding';

/** Time limit in ms for git to say what differs here. */
const statusTimeoutMs = 10_000;

/** Whether git can read the user's index and say what differs, which every checkpoint and every sync needs. */
export async function working(worktree: Worktree): Promise<Finding[]> {
  const { git, root, gitDir } = worktree;
  const index = path.join(gitDir, 'index');
  const limit = Math.min(statusTimeoutMs, git.timeLimit);
  try {
    await git.run({ args: ['ls-files', '-z', '--stage'], cwd: root, timeLimit: limit });
  } catch (thrown) {
    if (!(thrown instanceof GitError) || thrown.failure === 'timed_out') {
      throw thrown;
    }
    return [
      problem(
        `The index of this worktree cannot be read: ${said(thrown)}. What was staged in it is in the checkpoints that name it.`,
        `mv ${quoted(index)} ${quoted(`${index}.damaged`)} && ${gitCommand(worktree, 'reset', '--quiet')}`,
      ),
    ];
  }
  try {
    await git.run({
      args: ['status', '--porcelain', '-z', '--untracked-files=all'],
      cwd: root,
      env: { GIT_OPTIONAL_LOCKS: '0' },
      locale: 'user',
      timeLimit: limit,
    });
    return [{ kind: 'working', level: 'ok', message: 'git can tell what differs here.', fix: undefined }];
  } catch (thrown) {
    if (!(thrown instanceof GitError)) {
      throw thrown;
    }
    const why =
      thrown.failure === 'timed_out'
        ? `did not say within ${limit / 1000} seconds what differs here; a filter, a slow disk or very many files hold it up`
        : `cannot say what differs here: ${said(thrown)}`;
    return [problem(`git ${why}.`, `See what it waits for: GIT_TRACE=1 ${gitCommand(worktree, 'status')}`)];
  }
}

function said({ message, stderr }: GitError): string {
  const [line = ''] = stderr.trim().split('\n');
  return line === '' ? message : line;
}

function problem(message: string, fix: string): Finding {
  return { kind: 'working', level: 'problem', message, fix };
}
