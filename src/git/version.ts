import type { Git } from './git';

/** What git names as its version, with the major and minor number; 0 where it does not say. */
export interface GitVersion {
  readonly text: string;
  readonly numbers: readonly [number, number];
}

/** Asks git, by one process. @throws GitError where it does not start. */
export async function readGitVersion(git: Git, cwd: string): Promise<GitVersion> {
  const match = /(\d+)\.(\d+)(?:\.\d+)*/.exec(await git.text({ args: ['version'], cwd }));
  return { text: match?.[0] ?? '', numbers: [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)] };
}

export function isAtLeast(
  { numbers: [major, minor] }: GitVersion,
  least: readonly [number, number],
): boolean {
  return major > least[0] || (major === least[0] && minor >= least[1]);
}
