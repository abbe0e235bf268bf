import type { Checkpoint } from '../checkpoint/checkpoint';
import { takeOnTheWay } from '../checkpoint/take';
import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import { fenceOf, pin, recordAfter } from './ask';
import type { MovedAway } from '../ledger';
import { underWorktreeLease } from '../leases/worktreeLease';
import { withMove } from './move';
import type { SyncRequest } from './request';

/** From one commit to another, with what is not committed kept. */
export interface KeepingMove {
  /** `refs/heads/...`; undefined moves a HEAD that is on no branch. */
  readonly branch: string | undefined;
  readonly from: string;
  readonly to: string;
  /** What is done, for the messages of the checkpoints: `fast-forwarding to 0123456789`. */
  readonly how: string;
  /** The reference that is to hold `from` before anything moves. */
  readonly backup?: string | undefined;
}

/** What came of a move that went through. */
export interface Kept {
  /** What there is to say. */
  readonly message: string | undefined;
  /** Where contents are that turned up in the very moment. */
  readonly moved: readonly MovedAway[];
}

/**
 * Moves a worktree's branch, index and files and keeps what is not committed, staged or not. A checkpoint comes first, and the
 * backup where there is to be one; without them nothing is changed.
 * @throws BelayError `uncommitted_in_the_way`, `backup_failed`, `branch_moved`, `move_incomplete`, `decision_pending`.
 */
export async function moveKeeping(
  worktree: Worktree,
  move: KeepingMove,
  request: SyncRequest,
): Promise<Kept & { readonly checkpoint: string }> {
  const { checkpoint } = await takeOnTheWay(
    worktree,
    {
      session: request.session,
      agent: request.agent,
      message: `Before ${move.how}`,
      leases: request.leases ?? [],
    },
    { signal: request.signal },
  );
  return { checkpoint: checkpoint.oid, ...(await carryOutKeeping(worktree, move, checkpoint, request)) };
}

/** As {@link moveKeeping}, after a checkpoint that was taken already. */
export async function carryOutKeeping(
  worktree: Worktree,
  move: KeepingMove,
  checkpoint: Checkpoint,
  request: SyncRequest,
): Promise<Kept> {
  const { branch, from, to, backup } = move;
  return underWorktreeLease(worktree, request, (held) =>
    withMove(worktree, { branch, from, to, mode: 'keep', checkpoint }, async (ready) => {
      if ('why' in ready) {
        throw new BelayError('uncommitted_in_the_way', ready.why);
      }
      const fence = await fenceOf(worktree, held);
      if (backup !== undefined) {
        await pin(worktree, fence, { backup, following: { local: from } });
      }
      const moved = await ready.carryOut(fence, () => held.check());
      if (!moved.moved) {
        throw moved.failure;
      }
      return {
        message: await recordAfter(worktree, held, `After ${move.how}`),
        moved: moved.away,
      };
    }),
  );
}
