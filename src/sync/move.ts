import fs from 'node:fs/promises';
import { onDisk } from '../checkpoint/hash';
import { BelayError } from '../errors';
import type { GitPath } from '../git/path';
import { readHead } from '../git/head';
import type { Worktree } from '../git/worktree';
import { hasCode, isDiskError } from '../git/diskErrors';
import { leasePrefix } from '../refs/names';
import { changeRefs, type Fence } from '../refs/transaction';
import { placeWhole, type Applied, type Whole } from '../restore/applyPaths';
import type { MovedAway } from '../ledger';
import { listPaths, planMove, type Move, type Obstacle, type Plan } from './syncPlan';
import { UserIndex } from './userIndex';

export type Moved =
  | { readonly moved: true; readonly away: readonly MovedAway[] }
  /** Nothing was changed, or all of it was put back. */
  | { readonly moved: false; readonly failure: BelayError };

/** A move that nothing is known to be in the way of. */
export interface Ready {
  /**
   * Moves files, index and branch, in this order, and the branch only by compare-and-swap and under the fence. A path that is
   * not what it was taken to be is never overwritten: then everything is put back.
   * @throws BelayError `move_incomplete` when what was changed could not be put back; it says what state things are in.
   */
  carryOut(fence: Fence, check: () => Promise<void>): Promise<Moved>;
}

/** Plans a move and hands it to `work`, or what is in its way. What others stage from now on is never overwritten. */
export async function withMove<T>(
  worktree: Worktree,
  move: Move,
  work: (ready: Ready | Obstacle) => Promise<T>,
): Promise<T> {
  const index = await UserIndex.open(worktree);
  try {
    const plan = await planMove(worktree, move, index);
    return await work(
      'why' in plan
        ? plan
        : { carryOut: (fence, check) => carryOut(worktree, { move, plan, index }, fence, check) },
    );
  } finally {
    await index.close();
  }
}

interface Parts {
  readonly move: Move;
  readonly plan: Plan;
  readonly index: UserIndex;
}

async function carryOut(
  worktree: Worktree,
  parts: Parts,
  fence: Fence,
  check: () => Promise<void>,
): Promise<Moved> {
  const { move, plan, index } = parts;
  const { onDisk: from, target: to, paths } = plan;
  const { checkpoint } = move;
  const order = {
    from,
    to,
    paths,
    checkpoint: checkpoint.oid,
    who: { session: checkpoint.session, agent: checkpoint.agent, leases: leasesOf(fence) },
    decides: { ref: move.branch ?? 'HEAD', at: move.to },
  };
  try {
    await requireOnBranch(worktree, move);
    return await placeWhole(worktree, order, check, async (placing) => {
      const folders: GitPath[] = [];
      try {
        requireAll(placing.applied);
        folders.push(...(await makeFolders(worktree, plan.folders)));
        await (plan.index === 'target' ? index.become(move.to) : index.put(plan.index));
        await check();
        await requireOnBranch(worktree, move);
        await index.replace();
        await moveBranch(worktree, move, fence);
      } catch (thrown) {
        const failure = typed(thrown);
        await putBack(worktree, parts, { placing, folders }, failure.message);
        return { moved: false, failure };
      }
      await placing.release();
      return { moved: true, away: placing.applied.moved };
    });
  } catch (thrown) {
    return { moved: false, failure: typed(thrown) };
  }
}

/** The tokens that a fence verifies: under them a checkpoint is taken of what turns up. */
function leasesOf({ verifies }: Fence): string[] {
  return verifies.flatMap(({ ref, at }) => (at !== undefined && ref.startsWith(leasePrefix) ? [at] : []));
}

/** What a move has changed so far. */
interface Done {
  readonly placing: Whole;
  /** Folders of submodules that it made. */
  readonly folders: readonly GitPath[];
}

/** A failure of the disk is a failure like any other of those that Belay names. */
function typed(thrown: unknown): BelayError {
  if (thrown instanceof BelayError) {
    return thrown;
  }
  if (isDiskError(thrown)) {
    return new BelayError('publish_failed', `The disk refused: ${thrown.message}.`, { cause: thrown });
  }
  throw thrown;
}

/** @throws BelayError `branch_moved` when the worktree is not where the move starts from. */
async function requireOnBranch(worktree: Worktree, { branch, from }: Move): Promise<void> {
  const head = await readHead(worktree);
  if (head.branch !== branch || head.oid !== from) {
    throw new BelayError('branch_moved', 'The worktree was switched, or its branch moved, meanwhile.');
  }
}

/** @throws BelayError `uncommitted_in_the_way`, LeaseError: why not all of it could be put in place. */
function requireAll({ stopped, blocked }: Applied): void {
  if (stopped !== undefined) {
    throw stopped;
  }
  const [first] = blocked;
  if (first === undefined) {
    return;
  }
  const names = listPaths(blocked.map(({ path: name }) => name));
  throw first.reason === 'write_failed'
    ? new BelayError('publish_failed', `${names} could not be written.`)
    : new BelayError(
        'uncommitted_in_the_way',
        `Something is in the way of ${names} (${first.reason.replaceAll('_', ' ')}).`,
      );
}

/** @returns those that were not there. */
async function makeFolders(worktree: Worktree, names: readonly GitPath[]): Promise<GitPath[]> {
  const made: GitPath[] = [];
  for (const name of names) {
    try {
      if ((await fs.mkdir(onDisk(worktree, name), { recursive: true })) !== undefined) {
        made.push(name);
      }
    } catch (thrown) {
      if (!hasCode(thrown, 'EEXIST', 'ENOTDIR')) {
        throw thrown;
      }
      // Something else stands there; git will say so of the submodule.
    }
  }
  return made;
}

/** @throws BelayError `branch_moved`, `publish_failed`. */
async function moveBranch(worktree: Worktree, move: Move, fence: Fence): Promise<void> {
  const outcome = await changeRefs(worktree, 'move_branch', fence, [
    { kind: 'update', ref: move.branch ?? 'HEAD', to: move.to, from: move.from },
  ]);
  if (outcome.done) {
    return;
  }
  const [now] = await worktree.plumbing.infos([move.branch ?? 'HEAD']);
  if (outcome.reason !== 'unknown' || now?.oid !== move.to) {
    await fence.check?.();
    throw new BelayError(
      outcome.reason === 'moved' ? 'branch_moved' : 'publish_failed',
      `The branch could not be moved: ${outcome.message.trim()}`,
    );
  }
}

/** @throws BelayError `move_incomplete`. */
async function putBack(
  worktree: Worktree,
  { move, index }: Parts,
  { placing, folders }: Done,
  why: string,
): Promise<void> {
  const left: string[] = [];
  try {
    await index.putBack();
  } catch (thrown) {
    left.push(`the index is that of ${move.to.slice(0, 10)} (${typed(thrown).message})`);
  }
  try {
    for (const name of folders) {
      await fs.rmdir(onDisk(worktree, name));
    }
    const before = new Set(placing.applied.blocked);
    await placing.putBack();
    const blocked = placing.applied.blocked.filter((one) => !before.has(one)).map(({ path }) => path);
    if (blocked.length > 0) {
      left.push(
        `these files are as ${move.to.slice(0, 10)} has them, or changed since: ${listPaths(blocked)}`,
      );
    }
  } catch (thrown) {
    left.push(`some files are as ${move.to.slice(0, 10)} has them (${typed(thrown).message})`);
  }
  if (left.length > 0) {
    throw new BelayError(
      'move_incomplete',
      `${why} Not all could be put back: ${left.join('; ')}. The branch was not moved.`,
    );
  }
}
