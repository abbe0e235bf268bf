import { acknowledgedKeys, lostOf, lostWords, readAcknowledged, type Lost } from '../checkpoint/acknowledged';
import { bringBack } from '../checkpoint/bringBack';
import type { Worktree } from '../git/worktree';
import { fixCommand, type Finding } from './finding';

/** What is lost of the acknowledged checkpoints of all worktrees. */
export async function allLost(worktree: Worktree): Promise<Lost[]> {
  const found: Lost[] = [];
  for (const key of await acknowledgedKeys(worktree.repository)) {
    const known = await readAcknowledged(worktree.repository, key);
    const lost = known && (await lostOf(worktree, key, known));
    if (lost !== undefined) {
      found.push(lost);
    }
  }
  return found;
}

/** Acknowledged checkpoints that no reference names any more: a program that removes references knows nothing of Belay. */
export async function lostCheckpoints(worktree: Worktree): Promise<Finding[]> {
  const found = await allLost(worktree);
  if (found.length === 0) {
    const message = 'Every acknowledged checkpoint that is remembered is held by a reference.';
    return [{ kind: 'checkpoints_lost', level: 'ok', message, fix: undefined }];
  }
  return found.map((lost): Finding => ({
    kind: 'checkpoints_lost',
    level: 'problem',
    message: `${lostWords(lost)}. ${lost.checkpoints.length === 0 ? 'Nothing brings it back.' : 'They are there until git clears up.'}`,
    fix: fixCommand,
  }));
}

/** Brings them back. @returns sentences. */
export async function bringLostBack(worktree: Worktree): Promise<string[]> {
  const done: string[] = [];
  for (const lost of await allLost(worktree)) {
    done.push(...(await bringBack(worktree, lost)));
  }
  return done;
}
