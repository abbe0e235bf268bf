import { BelayError } from '../errors';
import { oneLine, readCommit } from '../git/commit';
import type { Worktree } from '../git/worktree';
import type { Guard } from '../leases/guard';
import { moveRef } from '../refs/change';
import { changeRefs } from '../refs/transaction';
import type { Backup } from './backup';
import { listStash, stashRef } from './named';

/** How many characters of its message an entry is listed with. */
const messageLength = 200;

/**
 * Puts a lost stash entry back on the list, as its newest one, as `git stash store` does it. The files are left
 * unchanged.
 * @returns whether it was on the list `already`; then nothing is done.
 * @throws BelayError `unknown_backup` where the backup is no entry of the stash, or the stash has just been changed; LeaseError.
 */
export async function putBackOnStash(
  worktree: Worktree,
  guard: Guard,
  { ref, tip, fell }: Backup,
): Promise<{ readonly already: boolean }> {
  const commit = readCommit((await worktree.plumbing.object(tip)).content.toString('utf8'));
  if (commit.parents.length < 2 || (fell !== undefined && fell.what !== 'stash')) {
    throw new BelayError('unknown_backup', `${ref} is no entry of the stash.`);
  }
  const entries = await listStash(worktree);
  if (entries.includes(tip)) {
    return { already: true };
  }
  const [top] = await worktree.plumbing.infos([stashRef]);
  const change = moveRef(stashRef, top?.oid, tip);
  const [subject = ''] = commit.message.split('\n', 1);
  const words = oneLine(subject).slice(0, messageLength) || 'Put back by Belay';
  const outcome = await changeRefs(worktree, 'put_back_stash', guard, [change], words);
  if (!outcome.done) {
    await guard.check();
    throw new BelayError('unknown_backup', `${ref} was not put back: ${outcome.message.trim()}`);
  }
  return { already: false };
}
