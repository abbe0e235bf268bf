import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { takeOnTheWay } from '../checkpoint/take';
import { BelayError, messageOf, throwIfCancelled } from '../errors';
import { whenMissing } from '../git/diskErrors';
import { closeWorktree, openWorktree, type Worktree } from '../git/worktree';
import { listWorktrees } from '../git/worktreeList';
import { openGuard } from '../leases/guard';
import type { Reason } from '../reasons';
import { branchRef, createBranchAt } from '../refs/branch';
import { completeContents } from '../sync/contents';
import { limitsOf, type SyncRequest } from '../sync/request';
import { fill } from './fill';
import { halfFilled } from './halfFilled';
import type { Base } from './pin';
import { oneAtATime } from './request';
import type { Fetcher } from './resolve';
import { unmake } from './unmake';
import { followUpstream } from './upstream';

export interface WantedWorktree {
  /** Its folder, absolute. */
  readonly root: string;
  /** The short name of its branch, which is made where there is none; without one HEAD is detached at the pin. */
  readonly branch: string | undefined;
}

export interface AddedWorktree {
  readonly worktree: string;
  readonly root: string;
  /** `refs/heads/...` */
  readonly branch: string | undefined;
  readonly head: string;
  /** Whether it was made now; one that is there already, complete and on the pin, is taken for it. */
  readonly created: boolean;
  /** The full name of what the branch follows. */
  readonly upstream: string | undefined;
  readonly message: string | undefined;
}

/** How one of several new worktrees came out. */
export type Addition =
  | { readonly root: string; readonly added: AddedWorktree }
  | { readonly root: string; readonly reason: Reason | undefined; readonly message: string };

export interface AddRequest extends SyncRequest {
  /** Gets what a partial clone lacks of the pinned commit's files. */
  readonly fetcher?: Fetcher;
  /** Called with each, right after it is done. */
  readonly onProgress?: (addition: Addition) => void;
}

/** As {@link addWorktree}, for several, one after the other. What becomes of one does not stop the others. */
export async function addWorktrees(
  worktree: Worktree,
  pin: Base,
  wanted: readonly WantedWorktree[],
  request: AddRequest,
): Promise<Addition[]> {
  return oneAtATime(worktree, request, async () => {
    const additions: Addition[] = [];
    for (const one of wanted) {
      const addition = await addOne(worktree, pin, one, request).then(
        (added): Addition => ({ root: one.root, added }),
        (thrown: unknown): Addition => ({
          root: one.root,
          reason: thrown instanceof BelayError ? thrown.reason : undefined,
          message: messageOf(thrown),
        }),
      );
      additions.push(addition);
      request.onProgress?.(addition);
    }
    return additions;
  });
}

/**
 * Makes a worktree at the pinned commit, on a branch of its own that is made there with its upstream first, or detached. It is
 * locked with the name of its maker until it was found to be complete, so that one that a crash leaves half-filled is known
 * for what it is; the next one who asks for it, or the doctor, makes it anew.
 * @throws BelayError `path_taken`, `branch_exists`, `invalid_branch`, `half_filled` while another process makes it,
 * `worktree_incomplete` when it was not complete the second time either, `fan_out_running`; LeaseError.
 */
export async function addWorktree(
  worktree: Worktree,
  pin: Base,
  wanted: WantedWorktree,
  request: AddRequest,
): Promise<AddedWorktree> {
  return oneAtATime(worktree, request, () => addOne(worktree, pin, wanted, request));
}

async function addOne(
  worktree: Worktree,
  pin: Base,
  wanted: WantedWorktree,
  request: AddRequest,
): Promise<AddedWorktree> {
  throwIfCancelled(request.signal, 'It was cancelled.');
  const root = path.resolve(wanted.root);
  const name = wanted.branch;
  const branch = name === undefined ? undefined : await branchRef(worktree, name);
  const there = await whatIsThere(worktree, root, branch, pin);
  if (there !== undefined) {
    return there;
  }
  await complete(worktree, pin, request);
  const upstream = name === undefined ? undefined : await prepareBranch(worktree, name, pin, request);
  await fill(worktree, root, name, pin, request.signal);
  const made = await openWorktree(worktree.git, root);
  try {
    const words = await firstCheckpoint(made, pin, request);
    return { worktree: made.key, root, branch, head: pin.commit, created: true, upstream, message: words };
  } finally {
    closeWorktree(made, worktree);
  }
}

/**
 * The worktree that is there already, when it is what is wanted; what is left of one that was never completed is removed.
 * @throws BelayError `path_taken`, `half_filled`.
 */
async function whatIsThere(
  worktree: Worktree,
  root: string,
  branch: string | undefined,
  pin: Base,
): Promise<AddedWorktree | undefined> {
  const listed = (await listWorktrees(worktree)).find((one) => one.root === root);
  if (listed === undefined) {
    const inside = await readdir(root).catch(whenMissing([]));
    if (inside.length > 0) {
      throw new BelayError('path_taken', `The folder ${root} is not empty.`);
    }
    return undefined;
  }
  const half = await halfFilled(worktree, listed);
  if (half !== undefined) {
    if (half.live || !half.marked) {
      throw new BelayError('half_filled', `${root}: ${half.why}`);
    }
    await unmake(worktree, listed);
    return undefined;
  }
  if (listed.missing || listed.head !== pin.commit || listed.branch !== branch) {
    throw new BelayError('path_taken', `${root} is the worktree ${listed.key} already.`);
  }
  const words = 'It was there already.';
  const { key, head } = listed;
  return { worktree: key, root, branch, head, created: false, upstream: undefined, message: words };
}

/** @throws BelayError `not_fetched`. */
async function complete(worktree: Worktree, { commit }: Base, request: AddRequest): Promise<void> {
  const { fetcher } = request;
  const needed = { remote: undefined, target: commit, local: commit, base: commit };
  const missing = fetcher && (await completeContents(worktree, fetcher, needed, limitsOf(request)));
  if (missing !== undefined) {
    throw new BelayError('not_fetched', missing.message);
  }
}

/** The branch at the pin, and what it follows: both before anything is checked out. @returns what it follows. */
async function prepareBranch(
  worktree: Worktree,
  name: string,
  pin: Base,
  request: SyncRequest,
): Promise<string | undefined> {
  const branch = await branchRef(worktree, name);
  const [now] = await worktree.plumbing.infos([branch]);
  if (now === undefined) {
    const guard = await openGuard(worktree, { leases: request.leases });
    await createBranchAt(worktree, guard, name, pin.commit);
  } else {
    const users = (await listWorktrees(worktree)).filter((one) => one.branch === branch);
    const [user] = users;
    if (now.oid !== pin.commit || user !== undefined) {
      const where = user === undefined ? `is at ${now.oid.slice(0, 10)}` : `is checked out in ${user.root}`;
      throw new BelayError('branch_exists', `The branch ${name} ${where}.`);
    }
  }
  return followUpstream(worktree, name, pin);
}

/** From here on Belay looks after the worktree. That this cannot be recorded is no reason to call it failed. */
async function firstCheckpoint(
  made: Worktree,
  pin: Base,
  { session, agent, leases = [] }: SyncRequest,
): Promise<string | undefined> {
  try {
    const message = `New worktree at ${pin.commit.slice(0, 10)}`;
    await takeOnTheWay(made, { session, agent, message, leases });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof BelayError) {
      return `No checkpoint could be taken of it yet: ${thrown.message}`;
    }
    throw thrown;
  }
}
