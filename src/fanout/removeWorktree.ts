import { access, rename } from 'node:fs/promises';
import path from 'node:path';
import { newBackupRef } from '../backups/backups';
import { isWithin } from '../checkpoint/ignoreRecord';
import { takeOnTheWay } from '../checkpoint/take';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { noneWaits } from '../decisions/read';
import { BelayError, messageOf } from '../errors';
import { hasCode, whenMissing } from '../git/diskErrors';
import { pathFromBytes, pathText, type GitPath } from '../git/path';
import { closeWorktree, openWorktree, type Worktree } from '../git/worktree';
import { listWorktrees, type ListedWorktree } from '../git/worktreeList';
import { noteChange } from '../ledger';
import { LeaseError } from '../leases/error';
import { openGuard } from '../leases/guard';
import { deleteSaved, inventory, isUnchanged, type Inventory } from '../restore/deleteSaved';
import { listSessions } from '../sessions/sessions';
import { pin as keepCommits } from '../sync/ask';
import { noticeFallen } from '../sync/external';
import { underWorktreeLease } from '../leases/worktreeLease';
import type { SyncRequest } from '../sync/request';
import { noticeInterrupted } from '../sync/reset';
import { operationIn } from '../sync/worktreeState';
import { halfFilled } from './halfFilled';
import { NotCovered } from './notCovered';
import { oneAtATime } from './request';

/** Where the folder goes before it is deleted: a process that still has its path finds nothing there to write to. */
const asideSuffix = '.belay-removing';

/** How often a folder that is still written to is saved anew; what is written after that stays. */
const looks = 4;

export interface RemoveRequest extends SyncRequest {
  /**
   * Delete what no checkpoint can hold, too (ignored files, repositories inside, files beyond the limits): all of it, or only
   * what a {@link NotCovered} has named before.
   */
  readonly discardUncovered?: boolean | readonly GitPath[];
}

export interface RemovedWorktree {
  readonly worktree: string;
  readonly root: string;
  /** The branch that it was on, which stays. */
  readonly branch: string | undefined;
  /** The checkpoint that holds everything that was not committed; undefined when its folder was gone. */
  readonly checkpoint: string | undefined;
  /** What holds the commits that no branch has. */
  readonly backup: string | undefined;
  readonly message: string | undefined;
}

/**
 * Removes a worktree after saving everything in it: what is not committed is in a checkpoint, commits that no branch holds
 * under a backup ref. Its branch stays. The folder is moved aside before the last checkpoint, so that nothing that is saved by
 * path in between is deleted unseen.
 * @param via Another worktree of the same repository.
 * @throws BelayError `unknown_worktree`, `usage` for the main one, `worktree_in_use`, `worktree_locked`, `half_filled` while it
 * is being made, `decision_pending`, `operation_under_way`; NotCovered when no checkpoint can hold all of it; LeaseError
 * `lease_held` while another owner works in it.
 */
export async function removeWorktree(
  via: Worktree,
  key: string,
  request: RemoveRequest,
): Promise<RemovedWorktree> {
  const listed = (await listWorktrees(via)).filter(({ bare }) => !bare);
  const target = listed.find((one) => one.key === key);
  if (target === undefined) {
    throw new BelayError('unknown_worktree', `There is no worktree ${JSON.stringify(key)}.`);
  }
  await requireRemovable(via, target, listed);
  return oneAtATime(via, request, () =>
    underWorktreeLease(
      via,
      request,
      ({ writer }) => new Removal(via, target, { ...request, leases: writer.leases }).run(),
      { key },
    ),
  );
}

async function requireRemovable(
  via: Worktree,
  target: ListedWorktree,
  listed: readonly ListedWorktree[],
): Promise<void> {
  const { key, root, locked } = target;
  if (key === 'main') {
    throw new BelayError('usage', 'The main worktree holds the repository itself, and cannot be removed.');
  }
  if (via.key === key) {
    throw new BelayError('worktree_in_use', `It is the one that the command works from: ${root}.`);
  }
  const inner = listed.find((one) => one.root.startsWith(root + path.sep));
  if (inner !== undefined) {
    throw new BelayError('worktree_in_use', `The worktree ${inner.key} lies inside of it.`);
  }
  const half = await halfFilled(via, target);
  if (half?.live === true) {
    throw new BelayError('half_filled', `${root}: ${half.why}`);
  }
  if (locked && half === undefined) {
    throw new BelayError('worktree_locked', `The worktree ${key} is locked.`);
  }
  await noneWaits(via, key);
}

/** @throws LeaseError `lease_held` when a session that is not the caller's works in it. */
async function requireNobodyElse(via: Worktree, key: string, leases: readonly string[]): Promise<void> {
  const [busy] = (await listSessions(via)).filter(
    ({ live, agent, worktree, lease }) =>
      live &&
      agent !== 'editor' &&
      worktree === key &&
      !(lease !== undefined && leases.includes(lease.token)),
  );
  if (busy !== undefined) {
    throw new LeaseError(
      'lease_held',
      { kind: 'session', name: busy.id },
      `The session ${busy.id} (${busy.agent}) works in it.`,
      busy.lease,
    );
  }
}

/** One removal. The request holds the worktree's lease. */
class Removal {
  private readonly aside: string;

  constructor(
    private readonly via: Worktree,
    private readonly target: ListedWorktree,
    private readonly request: RemoveRequest,
  ) {
    this.aside = `${target.root}${asideSuffix}`;
  }

  async run(): Promise<RemovedWorktree> {
    const { key, root, branch, missing } = this.target;
    // Unless an earlier removal was stopped after it had moved the folder.
    const resumed = missing && (await isThere(this.aside));
    if (missing && !resumed) {
      const backup = await this.keepCommits(this.target.head);
      await this.forget();
      return { worktree: key, root, branch, checkpoint: undefined, backup, message: 'Its folder was gone.' };
    }
    const backup = resumed ? undefined : await this.prepare();
    const { checkpoint, backup: later, saved } = await this.takeAside(resumed);
    await this.forget();
    const words = await this.deleteAside(saved);
    return {
      worktree: key,
      root,
      branch,
      checkpoint: checkpoint.oid,
      backup: later ?? backup,
      message: words,
    };
  }

  /** Everything that may refuse, before anything moves. @returns the backup. */
  private async prepare(): Promise<string | undefined> {
    const { key, root } = this.target;
    const worktree = await this.open(root);
    try {
      await noticeInterrupted(worktree);
      await noticeFallen(worktree);
      await noneWaits(worktree, key);
      await requireNobodyElse(worktree, key, this.request.leases ?? []);
      const operation = await operationIn(worktree);
      if (operation !== undefined) {
        throw new BelayError('operation_under_way', `A ${operation} is under way in ${root}.`);
      }
      await this.save(worktree);
      return await this.keepCommits(this.target.head);
    } finally {
      closeWorktree(worktree, this.via);
    }
  }

  /** Moves the folder aside and saves once more what is in it now; where that fails it goes back. */
  private async takeAside(resumed: boolean): Promise<{
    readonly checkpoint: Checkpoint;
    readonly backup: string | undefined;
    readonly saved: Inventory;
  }> {
    const { root } = this.target;
    if (!resumed) {
      await rename(root, this.aside).catch((thrown: unknown) => {
        if (hasCode(thrown, 'EBUSY', 'EPERM', 'EACCES', 'EXDEV')) {
          throw new BelayError('worktree_in_use', `${root} cannot be moved: ${messageOf(thrown)}`);
        }
        throw thrown;
      });
    }
    try {
      const worktree = await this.open(this.aside);
      try {
        const [head] = await worktree.plumbing.infos(['HEAD']);
        const backup = await this.keepCommits(head?.oid);
        for (let look = 1; ; look += 1) {
          const saved = await inventory(this.aside);
          const checkpoint = await this.save(worktree);
          if (look >= looks || isUnchanged(saved, await inventory(this.aside))) {
            return { checkpoint, backup, saved };
          }
        }
      } finally {
        closeWorktree(worktree, this.via);
      }
    } catch (thrown) {
      await rename(this.aside, root);
      throw thrown;
    }
  }

  /** @throws NotCovered. */
  private async save(worktree: Worktree): Promise<Checkpoint> {
    const { session, agent, leases = [], signal } = this.request;
    const { checkpoint } = await takeOnTheWay(
      worktree,
      { session, agent, message: 'Before removing the worktree', leases },
      { signal },
    );
    const { discardUncovered = false } = this.request;
    if (discardUncovered !== true) {
      const { stdout } = await worktree.git.run({
        args: ['ls-files', '-z', '--others', '--ignored', '--exclude-standard', '--directory'],
        cwd: worktree.root,
      });
      const ignored = pathFromBytes(stdout).split('\0').slice(0, -1);
      const modules = (await isThere(path.join(worktree.gitDir, 'modules'))) ? ['its submodules'] : [];
      const names = [...ignored, ...checkpoint.uncovered.map((gap) => gap.path), ...modules];
      const given = new Set(discardUncovered === false ? [] : discardUncovered);
      if (names.some((name) => !given.has(name))) {
        throw new NotCovered(names);
      }
    }
    return checkpoint;
  }

  /** A backup of what only this worktree's HEAD holds. @returns its reference; undefined where it holds nothing. */
  private async keepCommits(head: string | undefined): Promise<string | undefined> {
    if (head === undefined) {
      return undefined;
    }
    const held = ['--branches', '--tags', '--remotes', '--glob=refs/belay/backup'];
    const text = await this.via.git.text({
      args: ['rev-list', '--max-count=1', head, '--not', ...held],
      cwd: this.via.root,
    });
    if (text === '') {
      return undefined;
    }
    const backup = newBackupRef('removed', this.target.key);
    const guard = await openGuard(this.via, { leases: this.request.leases });
    await keepCommits(this.via, guard, { backup, following: { local: head } });
    return backup;
  }

  /** Has git forget the worktree, whose folder is not there. Twice: it may be locked by a maker that never completed it. */
  private async forget(): Promise<void> {
    await this.via.git.run({
      args: ['worktree', 'remove', '--force', '--force', this.target.root],
      cwd: this.via.root,
    });
    noteChange('worktree', this.target.root, { from: 'there' });
  }

  /** What was written since the last checkpoint, or is being written, stays. @returns what there is to say. */
  private async deleteAside(saved: Inventory): Promise<string | undefined> {
    const { discardUncovered = false } = this.request;
    const named = typeof discardUncovered === 'boolean' ? [] : discardUncovered;
    try {
      const left = await deleteSaved(
        this.aside,
        saved,
        (name) =>
          discardUncovered === true || named.some((given) => isWithin(name, given.replace(/\/$/, ''))),
      );
      return left.length === 0
        ? undefined
        : left.map((name) => `${pathText(name)}: kept as ${this.aside}/${pathText(name)}`).join('\n');
    } catch (thrown) {
      return `Not all of its folder could be deleted: ${this.aside} (${messageOf(thrown)}).`;
    }
  }

  private async open(root: string): Promise<Worktree> {
    const worktree = await openWorktree(this.via.git, root);
    if (worktree.key !== this.target.key) {
      closeWorktree(worktree);
      throw new BelayError('half_filled', `What is in ${root} is not the worktree ${this.target.key}.`);
    }
    return worktree;
  }
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(() => true, whenMissing(false));
}
