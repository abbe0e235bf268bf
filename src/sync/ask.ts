import type { Checkpoint } from '../checkpoint/checkpoint';
import { takeOnTheWay } from '../checkpoint/take';
import { ask } from '../decisions/decide';
import type { Decision, DecisionCase } from '../decisions/decision';
import { noneWaits } from '../decisions/read';
import { BelayError } from '../errors';
import { isDiskError } from '../git/diskErrors';
import type { Worktree } from '../git/worktree';
import { openGuard, type Guard } from '../leases/guard';
import type { HeldWorktree } from '../leases/worktreeLease';
import type { RefChange } from '../refs/change';
import { changeOrRefuse, type Fence } from '../refs/transaction';
import { listSessions } from '../sessions/sessions';
import type { DroppedCommit } from './syncOutcome';
import { shortName, type OnBranch } from './worktreeState';
import type { Upstream } from './upstreamTips';

/** A branch that has commits which where it is to be brought has not, and the other way round. */
export interface Divergence {
  readonly following: OnBranch;
  /** The commit that it is to be brought to: its upstream's newest, or a pin. */
  readonly upstream: string;
  /** Whose commits are nobody's local work either, as git-rev-list(1) takes them. */
  readonly others?: readonly string[];
  /** What the branch follows: what came from there, and is there no more, is not its own. */
  readonly follows?: Upstream | undefined;
  /** The pin's name, where it is one. */
  readonly pin?: string;
}

/** What must exist before anything that drops commits may start. */
export interface Prepared extends Divergence {
  readonly checkpoint: Checkpoint;
  /** The reference that is to hold the local commits. */
  readonly backup: string;
  readonly dropped: readonly DroppedCommit[];
}

/**
 * Asks a person, with the backup ref in the same transaction. Where another question came first, the commits of this one are
 * pinned all the same before the refusal is told.
 * @throws BelayError `decision_pending`, `branch_moved`, `backup_failed`; LeaseError.
 */
export async function askOrPin(
  worktree: Worktree,
  guard: Guard,
  prepared: Prepared,
  what: DecisionCase,
  why: string,
): Promise<Decision> {
  const { following, upstream, checkpoint, backup, dropped } = prepared;
  try {
    return await ask(
      worktree,
      guard,
      {
        worktree: worktree.key,
        branch: following.branch,
        case: what,
        from: following.local,
        to: upstream,
        pin: prepared.pin,
        backups: [backup],
        dropped: dropped.map(({ oid }) => oid),
        checkpoint: checkpoint.oid,
        sessions: await sessionsToHold(worktree),
        why,
      },
      [{ kind: 'verify', ref: following.branch, at: following.local }, pinOf(prepared)],
    );
  } catch (thrown) {
    if (thrown instanceof BelayError && thrown.reason === 'decision_pending') {
      await pin(worktree, guard, prepared);
    }
    if (thrown instanceof BelayError && thrown.reason === 'backup_failed') {
      await guard.check();
      await requireUnmoved(worktree, prepared);
    }
    throw thrown;
  }
}

/** The agent that is a person: nothing holds a person, they are who decides. */
const person = 'editor';

/** The sessions that must not go on in the worktree before a person has answered. */
export async function sessionsToHold(worktree: Worktree, key = worktree.key): Promise<string[]> {
  return (await listSessions(worktree))
    .filter(({ live, agent, worktree: where }) => live && agent !== person && where === key)
    .map(({ id }) => id);
}

async function requireUnmoved(worktree: Worktree, { following }: Prepared): Promise<void> {
  const [now] = await worktree.plumbing.infos([following.branch]);
  if (now?.oid !== following.local) {
    throw new BelayError('branch_moved', `The branch ${shortName(following.branch)} is not where it was.`);
  }
}

/** @throws BelayError `backup_failed`; then nothing that drops a commit may start. */
export async function pin(worktree: Worktree, fence: Fence, dropped: Dropped): Promise<void> {
  const pinned = await changeOrRefuse(worktree, 'pin_backup', fence, [pinOf(dropped)]);
  if (!pinned.done) {
    await fence.check?.();
    throw new BelayError(
      'backup_failed',
      `The backup of the local commits could not be written: ${pinned.message.trim()}`,
    );
  }
}

/** What is about to be dropped, and the reference that is to hold it. */
type Dropped = Pick<Prepared, 'backup'> & { readonly following: Pick<OnBranch, 'local'> };

export function pinOf({ backup, following }: Dropped): RefChange {
  return { kind: 'create', ref: backup, to: following.local };
}

/** The writer's leases, the worktree's, and that no decision waits: all of it in the transaction of each write. */
export async function fenceOf(worktree: Worktree, { writer }: HeldWorktree): Promise<Fence> {
  const [guard, free] = await Promise.all([
    openGuard(worktree, { leases: writer.leases }),
    noneWaits(worktree, worktree.key),
  ]);
  return {
    verifies: [...guard.verifies, free],
    check: async () => {
      await guard.check();
      await noneWaits(worktree, worktree.key);
    },
  };
}

/**
 * What came from elsewhere is this session's doing, not that of the next agent whose checkpoint would see it first. The
 * move is done by then: that it cannot be recorded is no reason to call it failed.
 * @returns what there is to say about it.
 */
export async function recordAfter(
  worktree: Worktree,
  { writer }: HeldWorktree,
  message: string,
): Promise<string | undefined> {
  try {
    await takeOnTheWay(worktree, { ...writer, message });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof BelayError) {
      return `No checkpoint could be taken afterwards: ${thrown.message}`;
    }
    if (isDiskError(thrown)) {
      return `No checkpoint could be taken afterwards: the disk refused (${thrown.message}).`;
    }
    throw thrown;
  }
}
