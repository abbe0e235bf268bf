import { keepSeen } from '../backups/seen';
import type { Worktree } from '../git/worktree';
import { isAncestor } from './ancestry';

/** How many steps of an upstream branch's log are looked at, the latest ones. */
const stepLimit = 5_000;

/** A branch that is followed. */
export interface Upstream {
  /** Its tracking reference, or that of a local branch. */
  readonly ref: string;
  /** Undefined for a branch of this repository. */
  readonly remote: string | undefined;
  /** Where it was found lately, the oldest first. */
  readonly lately: readonly string[];
}

/** Where an upstream branch was once. */
export interface Tip {
  readonly oid: string;
  /** `came`: by a fetch or clone. `went`: it was pushed from here. `seen`: Belay saw it there, and does not know how it came. */
  readonly how: 'came' | 'went' | 'seen';
}

/**
 * The known commits that an upstream branch has been at: by git's own log of it, the oldest first, then by Belay's record,
 * which is brought up to date. A fresh clone has no such log, and git forgets what a branch has left after 30 days.
 * @throws GitError; BelayError `backup_failed`.
 */
export async function tipsOf(worktree: Worktree, upstream: Upstream): Promise<Tip[]> {
  const [logged, recorded] = await Promise.all([
    loggedTips(worktree, upstream),
    recordTips(worktree, upstream),
  ]);
  const tips = [...logged, ...recorded.map((oid): Tip => ({ oid, how: 'seen' }))];
  const infos = await worktree.plumbing.infos(tips.map(({ oid }) => oid));
  return tips.filter((_, at) => infos[at]?.type === 'commit');
}

/** Puts down where an upstream branch was found. @returns all that is put down. @throws as {@link tipsOf}. */
export function recordTips(worktree: Worktree, { ref, lately }: Upstream): Promise<string[]> {
  return keepSeen(worktree, ref, lately, (older, newer) => isAncestor(worktree, older, newer));
}

async function loggedTips(worktree: Worktree, { ref, remote }: Upstream): Promise<Tip[]> {
  const text = await worktree.git.text({
    args: ['log', '--walk-reflogs', `--max-count=${stepLimit}`, '--format=%H %gs', ref, '--'],
    cwd: worktree.root,
  });
  const steps = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Tip => {
      const space = line.indexOf(' ');
      const pushed = remote === undefined || line.slice(space + 1).startsWith('update by push');
      return { oid: line.slice(0, space), how: pushed ? 'went' : 'came' };
    });
  const before = steps.length === 0 ? undefined : await beforeTheLog(worktree, ref, steps.length);
  return [
    ...(before === undefined ? [] : [{ oid: before, how: remote === undefined ? 'went' : 'came' } as const]),
    ...steps.reverse(),
  ];
}

/**
 * Where the reference was before the first step that its log has: in a clone, where that found it. git gives it as the step one
 * beyond the last (since 2.31).
 */
async function beforeTheLog(worktree: Worktree, ref: string, steps: number): Promise<string | undefined> {
  const { exitCode, stdout } = await worktree.git.run({
    args: ['rev-parse', '--verify', '--quiet', `${ref}@{${steps}}`],
    cwd: worktree.root,
    answers: [1, 128],
  });
  const oid = stdout.toString('ascii').trim();
  return exitCode === 0 && !/^0*$/.test(oid) ? oid : undefined;
}
