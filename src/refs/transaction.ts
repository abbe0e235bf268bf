import path from 'node:path';
import { BelayError } from '../errors';
import { GitError } from '../git/errors';
import type { Worktree } from '../git/worktree';
import { removeOwnLock } from './lockFiles';
import type { RefChange, Verify } from './change';
import { noteDone, noteUnknown } from './noted';

/** What a writer must still be allowed to do when it writes: checks that share the fate of its changes. */
export interface Fence {
  readonly verifies: readonly Verify[];
  /** Tells why it does not hold (any more), where it knows more than that. @throws LeaseError and the like; else returns. */
  check?(): Promise<void>;
}

/** For operations whose own comparison is the check: they change the very lease that they would verify. */
export const ownComparison: Fence = { verifies: [] };

/**
 * Every operation that changes references. Each names itself at the door, and a test runs each of them with a current,
 * a rotated, a released and a missing token; one that has no row there fails it.
 */
export const operations = [
  'publish_checkpoint',
  'land_in_overflow',
  'mend_tip',
  'remove_folded',
  'keep_stale',
  'create_branch',
  'claim_lease',
  'release_lease',
  'retire_lease',
  'keep_names',
  'pin_backup',
  'delete_backup',
  'put_back_stash',
  'ask',
  'answer',
  'move_branch',
  'set_pin',
  'remove_pin',
  'set_aside',
  'bring_back',
] as const;

export type Operation = (typeof operations)[number];

/**
 * How a transaction ended. `moved`: a reference was not what the caller said; read again. `locked`: a reference's lock
 * file is held or was left behind; waiting may not help. `unreadable`: a reference holds something that is no value,
 * as after a power cut; a person must look at it. `missing`: an object that a reference was to name has gone (`gc
 * --prune=now` came between); make it anew. `unknown`: git was killed in the middle; read again.
 */
export type RefOutcome =
  | { readonly done: true }
  | {
      readonly done: false;
      readonly reason: 'moved' | 'locked' | 'unreadable' | 'missing' | 'unknown';
      readonly message: string;
    };

/**
 * The one door for reference changes: all of `changes` happen, in one git transaction, or none; and none of them unless
 * the fence holds in that same transaction. They are written in the order given, so a crash in the middle of git's own
 * renames leaves a prefix of them; order them so that a prefix is safe.
 * @param logged what git's logs are to say of it, where it must have one: the entries of the stash are those of its log.
 * @throws GitError when git fails for another reason than the references' values and locks.
 */
export async function changeRefs(
  worktree: Worktree,
  operation: Operation,
  fence: Fence,
  changes: readonly RefChange[],
  logged?: string,
): Promise<RefOutcome> {
  const { zeroOid } = worktree.repository;
  // The checks come last: git takes each lock in this order, and syncs what it writes before it takes the next, so a git
  // that is killed seldom leaves one on what is only checked. All is checked before anything is changed, in either order.
  const instructions = [...changes, ...fence.verifies].map((change) => instruction(change, zeroOid));
  const lines = ['start', ...instructions, 'prepare', 'commit', ''];
  try {
    await worktree.plumbing
      .process([
        'update-ref',
        ...(logged === undefined ? [] : ['--create-reflog']),
        '-m',
        logged ?? 'belay',
        '--stdin',
      ])
      .request(lines.join('\n'), async (answer) => {
        for (const step of ['start', 'prepare', 'commit']) {
          const line = (await answer.until(0x0a)).toString('utf8');
          if (line !== `${step}: ok`) {
            throw new GitError('other', `update-ref (${operation})`, line);
          }
        }
      });
    noteDone(changes);
    return { done: true };
  } catch (thrown) {
    if (!(thrown instanceof GitError)) {
      throw thrown;
    }
    switch (thrown.failure) {
      case 'ref_moved':
        return { done: false, reason: 'moved', message: thrown.stderr };
      case 'ref_locked':
        return { done: false, reason: 'locked', message: thrown.stderr };
      case 'ref_broken':
        return { done: false, reason: 'unreadable', message: thrown.stderr };
      case 'object_missing':
        return { done: false, reason: 'missing', message: thrown.stderr };
      case 'killed':
      case 'timed_out':
        await removeOwnLocks(worktree, changes);
        await noteUnknown(worktree, changes);
        return { done: false, reason: 'unknown', message: thrown.message };
      case 'not_started':
      case 'cancelled':
      case 'too_much_output':
      case 'not_a_repository':
      case 'no_worktree':
      case 'unsafe_repository':
      case 'ref_conflict':
      case 'index_unusable':
      case 'disk_full':
      case 'unsupported':
      case 'other':
        await noteUnknown(worktree, changes);
        throw thrown;
    }
  }
}

/**
 * As {@link changeRefs}. @throws BelayError `backup_failed`, or `publish_failed` for an answer, where git cannot write the
 * references at all.
 */
export async function changeOrRefuse(
  worktree: Worktree,
  operation: Operation,
  fence: Fence,
  changes: readonly RefChange[],
): Promise<RefOutcome> {
  try {
    return await changeRefs(worktree, operation, fence, changes);
  } catch (thrown) {
    if (thrown instanceof GitError) {
      const reason = operation === 'answer' ? 'publish_failed' : 'backup_failed';
      throw new BelayError(reason, `git could not write the references: ${thrown.message}`, {
        cause: thrown,
      });
    }
    throw thrown;
  }
}

/**
 * The reference itself, never one that it leads to: HEAD and not the branch that it was just switched to, and not the
 * user's branch that a reference of Belay's was made to lead to. A branch of the user's that is a second name of another one
 * moves that one, as with git itself; written directly, it would become a branch of its own.
 */
function instruction(change: RefChange, zeroOid: string): string {
  const isUsersBranch = change.kind === 'update' && change.ref.startsWith('refs/heads/');
  return `${isUsersBranch ? '' : 'option no-deref\n'}${comparing(change, zeroOid)}`;
}

function comparing(change: RefChange, zeroOid: string): string {
  switch (change.kind) {
    case 'create':
      return `create ${change.ref} ${change.to}`;
    case 'update':
      return `update ${change.ref} ${change.to} ${change.from}`;
    case 'delete':
      return `delete ${change.ref} ${change.from}`;
    case 'delete_symbolic':
      return `symref-delete ${change.ref} ${change.from}`;
    case 'verify':
      return `verify ${change.ref} ${change.at ?? zeroOid}`;
  }
}

/** Removes the lock files that our own killed git left on these references. */
async function removeOwnLocks(worktree: Worktree, changes: readonly RefChange[]): Promise<void> {
  for (const change of changes) {
    if (change.kind === 'create' || change.kind === 'update') {
      await removeOwnLock(path.join(worktree.repository.commonDir, `${change.ref}.lock`), change.to);
    }
  }
}
