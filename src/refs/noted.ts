import { noteChange, noteDoubt } from '../ledger';
import type { Worktree } from '../git/worktree';
import type { RefChange } from './change';

/** Notes what a transaction has done in the ledger of the operation that asked for it. */
export function noteDone(changes: readonly RefChange[]): void {
  for (const change of changes) {
    if (change.kind !== 'verify') {
      noteChange('reference', change.ref, { from: fromOf(change), to: toOf(change) });
    }
  }
}

/** The same after a git that ended in the middle: each reference is looked at, and what cannot be told is in doubt. */
export async function noteUnknown(worktree: Worktree, changes: readonly RefChange[]): Promise<void> {
  for (const change of changes) {
    if (change.kind === 'verify') {
      continue;
    }
    const now = await valueOf(worktree, change.ref);
    if (now === toOf(change)) {
      noteDone([change]);
    } else if (now !== fromOf(change)) {
      noteDoubt('reference');
    }
  }
}

/** What a reference says; null where it cannot be read. */
async function valueOf(worktree: Worktree, ref: string): Promise<string | undefined | null> {
  try {
    const { exitCode, stdout } = await worktree.git.run({
      args: ['show-ref', '--verify', '--hash', ref],
      cwd: worktree.root,
      answers: [1, 128],
    });
    return exitCode === 0 ? stdout.toString('ascii').trim() : await absentOr(worktree, ref);
  } catch (thrown) {
    return unreadable(thrown);
  }
}

/** `show-ref` says of a reference that cannot be read what it says of none; a listing warns of it. */
async function absentOr(worktree: Worktree, ref: string): Promise<undefined | null> {
  const { stderr } = await worktree.git.run({ args: ['for-each-ref', ref], cwd: worktree.root });
  return stderr === '' ? undefined : null;
}

function unreadable(thrown: unknown): null {
  if (!(thrown instanceof Error)) {
    throw thrown;
  }
  return null;
}

function fromOf(change: RefChange): string | undefined {
  return change.kind === 'update' || change.kind === 'delete' ? change.from : undefined;
}

function toOf(change: RefChange): string | undefined {
  return change.kind === 'create' || change.kind === 'update' ? change.to : undefined;
}
