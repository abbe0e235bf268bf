import { BelayError } from '../errors';
import { closeWorktree, openWorktree, type Worktree } from '../git/worktree';
import { listWorktrees, type ListedWorktree } from '../git/worktreeList';
import { openGuard } from '../leases/guard';
import { applyPin, bringTo, failed } from './applyPin';
import { bringCommit, type Brought } from './bring';
import { fallBack } from './fallback';
import { halfFilled } from './halfFilled';
import type { FanOutCase, FanOutOutcome } from './fanOutOutcome';
import { findPin, setPin, type Pin } from './pin';
import { oneAtATime, type FanOutRequest, type Stage } from './request';
import type { Fetcher } from './resolve';

/** How many worktrees of a repository are worked on at once. */
const maxParallel = 4;

/** Worktrees of one repository that are to be brought to a pin. */
export interface RepositoryTargets {
  /** Any worktree of the repository, opened. */
  readonly repository: Worktree;
  /** Their keys; every worktree when left out. */
  readonly keys?: readonly string[];
  /** The tokens that the caller holds in this repository; those of the request count in the pin's own. */
  readonly leases?: readonly string[];
}

/**
 * Brings worktrees to exactly the pinned commit, whatever lands upstream during the run: nothing but its id is handed around. Each
 * repository fetches that commit once, where it has not got it, and records the pin as its own; each worktree goes under its
 * own lease. What becomes of one does not stop the others.
 * @param home The repository of the pin.
 * @returns an outcome for each worktree, in the order asked for.
 * @throws BelayError `unknown_worktree` before anything is done.
 */
export async function fanOut(
  home: Worktree,
  pin: Pin,
  repositories: readonly RepositoryTargets[],
  fetcher: Fetcher,
  request: FanOutRequest,
): Promise<FanOutOutcome[]> {
  const chosen = await Promise.all(
    repositories.map(async (fleet) => ({ fleet, targets: await targetsOf(fleet) })),
  );
  const work = chosen.map(({ fleet, targets }) => {
    const leases = fleet.leases ?? (isSameRepository(fleet.repository, home) ? request.leases : []);
    const run = new RepositoryRun(fleet.repository, home, pin, fetcher, { ...request, leases });
    return run.bring(targets);
  });
  return (await Promise.all(work)).flat();
}

/** @throws BelayError `unknown_worktree`. */
async function targetsOf({ repository, keys }: RepositoryTargets): Promise<ListedWorktree[]> {
  const listed = (await listWorktrees(repository)).filter(({ bare }) => !bare);
  if (keys === undefined) {
    return listed;
  }
  return keys.map((key) => {
    const found = listed.find((one) => one.key === key);
    if (found === undefined) {
      throw new BelayError('unknown_worktree', `There is no worktree ${JSON.stringify(key)}.`);
    }
    return found;
  });
}

function isSameRepository(one: Worktree, other: Worktree): boolean {
  return one.repository.commonDir === other.repository.commonDir;
}

/** One repository's part of a fan-out. */
class RepositoryRun {
  constructor(
    private readonly repository: Worktree,
    private readonly home: Worktree,
    private readonly pin: Pin,
    private readonly fetcher: Fetcher,
    private readonly request: FanOutRequest,
  ) {}

  async bring(targets: readonly ListedWorktree[]): Promise<FanOutOutcome[]> {
    targets.forEach((target) => {
      this.tell(target, 'waiting');
    });
    try {
      return await oneAtATime(this.repository, this.request, async () => {
        targets.forEach((target) => {
          this.tell(target, 'fetching');
        });
        const brought = await bringCommit(this.repository, this.pin, this.home, this.fetcher, this.request);
        if (brought.kind === 'here') {
          await this.adopt();
        }
        return await eachOf(targets, (target) => this.one(target, brought));
      });
    } catch (thrown) {
      // What keeps a whole repository from being worked on does not stop the other ones.
      return targets.map((target) => this.done(this.notDone(target, thrown)));
    }
  }

  /** Another clone records the pin as its own: so it keeps the commit, and shows where its worktrees are to be. */
  private async adopt(): Promise<void> {
    if (isSameRepository(this.repository, this.home)) {
      return;
    }
    const own = await findPin(this.repository, this.pin.name);
    if (own?.commit !== this.pin.commit) {
      const guard = await openGuard(this.repository, { leases: this.request.leases });
      // Which remote has the reference is known in the pin's own repository only.
      await setPin(this.repository, guard, { ...this.pin, follows: false }, { version: own?.version });
    }
  }

  private async one(target: ListedWorktree, brought: Brought): Promise<FanOutOutcome> {
    const { signal } = this.request;
    if (signal?.aborted === true || brought.kind === 'cancelled') {
      return this.done(this.left(target, 'cancelled', { reason: 'cancelled' }));
    }
    this.tell(target, 'working');
    try {
      const half = await halfFilled(this.repository, target);
      if (half !== undefined) {
        return this.done(this.left(target, 'half_filled', { reason: 'half_filled', message: half.why }));
      }
      if (target.missing) {
        return this.done(this.left(target, 'missing', { message: 'Its folder is gone.' }));
      }
      if (brought.kind === 'not_fetched') {
        return this.done(
          this.left(target, 'not_fetched', { reason: 'not_fetched', message: brought.message }),
        );
      }
      return this.done(await this.apply(target, brought));
    } catch (thrown) {
      return this.done(this.notDone(target, thrown));
    }
  }

  private async apply(target: ListedWorktree, brought: Brought): Promise<FanOutOutcome> {
    const worktree = await openWorktree(this.repository.git, target.root);
    try {
      if (worktree.key !== target.key) {
        throw new BelayError('half_filled', `What is in ${target.root} is not the worktree ${target.key}.`);
      }
      return await applyPin(worktree, this.pin, this.request, (request) =>
        brought.kind === 'here'
          ? bringTo(worktree, this.pin, this.fetcher, request)
          : fallBack(worktree, brought.message, request),
      );
    } finally {
      closeWorktree(worktree, this.repository);
    }
  }

  private notDone(target: ListedWorktree, thrown: unknown): FanOutOutcome {
    const { did, ...why } = failed(thrown, this.request.signal);
    return this.left(target, did, why);
  }

  private left(
    target: ListedWorktree,
    outcome: FanOutCase,
    why: Pick<FanOutOutcome, 'reason' | 'message'>,
  ): FanOutOutcome {
    return {
      worktree: target.key,
      root: target.root,
      repository: this.repository.repository.commonDir,
      outcome,
      head: target.head,
      pin: this.pin.commit,
      ...why,
    };
  }

  private done(outcome: FanOutOutcome): FanOutOutcome {
    this.tell({ key: outcome.worktree, root: outcome.root }, 'done', outcome);
    return outcome;
  }

  private tell(
    { key, root }: Pick<ListedWorktree, 'key' | 'root'>,
    stage: Stage,
    outcome?: FanOutOutcome,
  ): void {
    const { commonDir } = this.repository.repository;
    this.request.onProgress?.({ worktree: key, root, repository: commonDir, stage, outcome });
  }
}

/** Works on a few at a time, and gives what came of each in their order. */
async function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Map<number, R>();
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      results.set(index, await work(item));
    }
  };
  await Promise.all(Array.from({ length: maxParallel }, worker));
  return items.flatMap((_, index) => results.get(index) ?? []);
}
