import { takeOnTheWay } from '../checkpoint/take';
import { noneWaits } from '../decisions/read';
import { BelayError } from '../errors';
import { readHead, readOperation } from '../git/head';
import type { Worktree } from '../git/worktree';
import { fenceOf, recordAfter } from './ask';
import { underWorktreeLease } from '../leases/worktreeLease';
import { withMove } from './move';
import { oldestFirst, replayInObjects } from './rebase';
import type { SyncRequest } from './request';
import { signsCommits } from './unattended';

/** What came of picking commits. */
export interface Picked {
  readonly branch: string;
  readonly from: string;
  readonly to: string;
  /** The checkpoint that holds the worktree's state before. */
  readonly checkpoint: string;
}

/**
 * Puts chosen commits onto the branch that the worktree is on, the oldest first, with what is not committed kept. All of them
 * or none: it is tried in the object store before anything is touched.
 * @throws BelayError `cannot_pick` when one conflicts, is a merge, HEAD is not on a branch with a commit, or
 * commits are to be signed; `decision_pending`,
 * `uncommitted_in_the_way`, `branch_moved`.
 */
export async function pickCommits(
  worktree: Worktree,
  chosen: readonly string[],
  request: SyncRequest,
): Promise<Picked> {
  await noneWaits(worktree, worktree.key);
  const [head, operation] = await Promise.all([readHead(worktree), readOperation(worktree)]);
  const { branch, oid: from } = head;
  if (branch === undefined || from === undefined || operation !== undefined) {
    throw new BelayError(
      'cannot_pick',
      operation === undefined ? 'HEAD is not on a branch with a commit.' : `A ${operation} is under way.`,
    );
  }
  if (await signsCommits(worktree)) {
    throw new BelayError(
      'cannot_pick',
      `commit.gpgSign asks for signed commits, and Belay signs nothing: git cherry-pick ${chosen.length === 1 ? (chosen[0] ?? '') : '...'} does.`,
    );
  }
  const found = await oldestFirst(worktree, [...chosen, `^${from}`]);
  const replayed = await replayInObjects(
    worktree,
    found.filter(({ oid }) => chosen.includes(oid)),
    from,
  );
  if (!replayed.clean) {
    throw new BelayError('cannot_pick', replayed.why);
  }
  const to = replayed.tip;
  if (to === from) {
    throw new BelayError('cannot_pick', 'The branch has all of it already.');
  }
  const { checkpoint } = await takeOnTheWay(worktree, {
    session: request.session,
    agent: request.agent,
    message: `Before picking ${chosen.length} commits`,
    leases: request.leases ?? [],
  });
  await underWorktreeLease(worktree, request, (held) =>
    withMove(worktree, { branch, from, to, mode: 'keep', checkpoint }, async (ready) => {
      if ('why' in ready) {
        throw new BelayError('uncommitted_in_the_way', ready.why);
      }
      const moved = await ready.carryOut(await fenceOf(worktree, held), () => held.check());
      if (!moved.moved) {
        throw moved.failure;
      }
      await recordAfter(worktree, held, `After picking ${chosen.length} commits`);
    }),
  );
  return { branch, from, to, checkpoint: checkpoint.oid };
}
