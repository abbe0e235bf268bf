import { entriesAt, type PathEntry } from '../checkpoint/trees';
import { BelayError } from '../errors';
import { whenRefused } from '../git/diskErrors';
import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { noteMoved, type MovedAway } from '../ledger';
import { groupsOf } from './groups';
import { ModesKept } from './modes';
import type { BlockedPath } from './restoreRequest';
import { Recording, type Operation } from './movedRecord';
import { noteApplied } from './noted';
import { isEmptyBlob } from './otherSide';
import { removeEmptyAbove } from './place';
import { runGroup, type Group, type GroupItem, type Tools } from './putGroup';
import { letGo, type Known, type Who } from './settle';
import { statSnapshots } from './statSnapshots';
import { stageFiles } from './staging';

/** What became of the paths that were to be put in place. */
export interface Applied {
  readonly written: GitPath[];
  readonly deleted: GitPath[];
  readonly blocked: BlockedPath[];
  /** Where contents are that did not simply make way for what `from` is known to hold. */
  readonly moved: MovedAway[];
  /** Why it stopped before the end. */
  stopped?: BelayError;
}

export interface Order {
  /** The tree that holds what each path is on disk now: what differs from it has changed since and is left alone. */
  readonly from: string;
  readonly to: string;
  /** What holds `from`, for the report: a checkpoint. */
  readonly checkpoint: string;
  readonly paths: readonly GroupItem[];
  /** Paths that are left alone for another reason: what goes because its content is there stays, too. */
  readonly leftOut?: readonly GitPath[];
  /** Who stores what no checkpoint holds. */
  readonly who: Who;
  /** The files belong to the move of this reference; see {@link Operation}. */
  readonly decides?: Operation['decides'];
}

/** How many groups release what they moved aside together: each time all open files of the machine are looked at. */
const batch = 2_048;

/**
 * Brings paths on disk from one tree to another. What belongs together goes through together or not at all; what goes because
 * its content is elsewhere in `to` goes last, and only when that went through. `check` is asked before each step, and what it
 * refuses with stops the rest: the result says what was done by then.
 * @throws BelayError when nothing was done yet.
 */
export async function applyPaths(
  worktree: Worktree,
  order: Order,
  check: () => Promise<void>,
): Promise<Applied> {
  const placing = await Placing.begin(worktree, order);
  try {
    await placing.run(check);
    await placing.release();
    return placing.applied;
  } finally {
    await placing.end();
  }
}

/**
 * As {@link applyPaths} for what makes sense as a whole only: it stops at the first path that cannot be put in place, and
 * everything that was moved aside stays there until the caller has it released, or put back.
 */
export async function placeWhole<T>(
  worktree: Worktree,
  order: Order,
  check: () => Promise<void>,
  work: (placing: Whole) => Promise<T>,
): Promise<T> {
  const placing = await Placing.begin(worktree, order);
  try {
    await placing.run(check, true);
    return await work(placing);
  } finally {
    await placing.end();
  }
}

/** Paths that are in place, all or up to the first that could not be, with what they replaced still aside. */
export interface Whole {
  readonly applied: Applied;
  /** Lets go of what was replaced, once what decides has been done. From here on an interrupted operation went through. */
  release(): Promise<void>;
  /** Everything is again what it was, down to the very files; what cannot be is blocked in `applied`. */
  putBack(): Promise<void>;
}

class Placing implements Whole {
  readonly applied: Applied = { written: [], deleted: [], blocked: [], moved: [] };
  private readonly groups: Group[] = [];
  private released = 0;
  /** The paths that are left, and those of the order that are to be written. */
  private readonly left = new Set<GitPath>();
  private readonly writes: ReadonlySet<GitPath>;

  private constructor(
    private readonly worktree: Worktree,
    private readonly order: Order,
    private readonly tools: Tools,
    private readonly known: Known,
    /** The contents that paths which are left would have got. */
    private readonly missing: Set<string>,
  ) {
    this.writes = new Set(order.paths.flatMap(({ path, action }) => (action === 'write' ? [path] : [])));
  }

  static async begin(worktree: Worktree, order: Order): Promise<Placing> {
    const { from, to, checkpoint, decides, paths } = order;
    const names = paths.map(({ path }) => path);
    const before = await entriesAt(worktree.plumbing, from, names);
    const after = await entriesAt(worktree.plumbing, to, names);
    const wanted = new Map<GitPath, PathEntry>();
    for (const { path, action } of paths) {
      const entry = after.get(path);
      if (action === 'write' && entry !== undefined) {
        wanted.set(path, entry);
      }
    }
    const files = (name: GitPath): PathEntry[] =>
      [before.get(name), after.get(name)].flatMap((entry) =>
        entry === undefined || entry.mode === '040000' || entry.mode === '160000' ? [] : [entry],
      );
    const entries = new Map(names.map((name) => [name, files(name)]));
    const leftOut = await entriesAt(worktree.plumbing, to, order.leftOut ?? []);
    const missing = new Set([...leftOut.values()].flatMap((entry) => entry?.oid ?? []));
    const deleted = paths.flatMap(({ path, action }) => (action === 'delete' ? [path] : []));
    const staged = await stageFiles(worktree, wanted, deleted);
    try {
      const seenAt = Date.now();
      const blocked: BlockedPath[] = [];
      const seen = await statSnapshots(worktree, order, before, blocked);
      const recording = await Recording.begin(worktree, { from, to, checkpoint, decides });
      const modes = await ModesKept.open(worktree);
      const placing = new Placing(
        worktree,
        order,
        { worktree, staged, seen, recording, modes },
        { entries, checkpoint, seen, seenAt },
        missing,
      );
      placing.block(blocked);
      return placing;
    } catch (thrown) {
      await staged.remove();
      throw thrown;
    }
  }

  async run(check: () => Promise<void>, whole = false): Promise<void> {
    try {
      const writing: GroupItem[][] = [];
      const onlyGoing: GroupItem[][] = [];
      for (const group of groupsOf(this.order.paths)) {
        (group.some(({ action }) => action === 'write') ? writing : onlyGoing).push(group);
      }
      for (const group of [...writing, ...onlyGoing]) {
        if (whole && this.applied.blocked.length > 0) {
          return;
        }
        const held = this.heldUp(group);
        if (held !== undefined) {
          this.block(held);
          continue;
        }
        await check();
        const { group: ran, blocked } = await runGroup(group, this.tools);
        this.groups.push(ran);
        this.block(blocked);
        if (blocked.length === 0) {
          this.count(group);
        } else {
          await this.settle(ran, true);
        }
        if (!whole && this.groups.length - this.released >= batch) {
          await this.release();
        }
      }
    } catch (thrown) {
      if (!(thrown instanceof BelayError)) {
        throw thrown;
      }
      this.applied.stopped = thrown;
    }
  }

  async release(): Promise<void> {
    const { recording } = this.tools;
    await recording.done(this.groups.length);
    const groups = this.groups.slice(this.released);
    this.released = this.groups.length;
    await this.letGoOf(groups, false);
    for (const { items } of groups) {
      for (const { path, action } of items) {
        if (action === 'delete') {
          // An empty folder that has to stay is nothing that anybody misses; everything else is done.
          await removeEmptyAbove(this.worktree, path).catch(whenRefused(undefined));
        }
      }
    }
  }

  async putBack(): Promise<void> {
    const { applied } = this;
    for (const group of this.groups.slice(this.released).reverse()) {
      await group.takeBack();
      for (const { path } of group.asides) {
        applied.blocked.push({ path, reason: 'changed_meanwhile' });
      }
    }
    const back = { from: this.order.to, to: this.order.from };
    const stuck = new Set(applied.blocked.map(({ path }) => path));
    for (const path of [...applied.written, ...applied.deleted].filter((one) => !stuck.has(one))) {
      noteApplied(this.worktree, back, path);
    }
    applied.written.length = 0;
    applied.deleted.length = 0;
    const groups = this.groups.slice(this.released);
    this.released = this.groups.length;
    await this.letGoOf(groups, true);
  }

  async end(): Promise<void> {
    const { staged, recording, modes } = this.tools;
    await modes.close();
    await staged.remove();
    if (this.released === this.groups.length) {
      await recording.end();
    }
  }

  /** Why a group is not begun: something of it is blocked already, or its content's other side was left. */
  private heldUp(group: readonly GroupItem[]): BlockedPath[] | undefined {
    const { left } = this;
    const isOrphan = group.some(
      ({ path, action }) => action === 'delete' && this.contentOf(path).some((oid) => this.missing.has(oid)),
    );
    const onlyGoes = group.every(({ action }) => action === 'delete');
    return group.some(({ path }) => left.has(path)) || (onlyGoes && isOrphan)
      ? group.flatMap(({ path }) => (left.has(path) ? [] : [{ path, reason: 'other_side_left' }]))
      : undefined;
  }

  /** The object that a path to be written gets, or that one which goes has. */
  private contentOf(path: GitPath): string[] {
    const oid = this.known.entries.get(path)?.at(-1)?.oid;
    return oid === undefined || isEmptyBlob(oid) ? [] : [oid];
  }

  private block(blocked: readonly BlockedPath[]): void {
    this.applied.blocked.push(...blocked);
    for (const { path } of blocked) {
      this.left.add(path);
      for (const oid of this.writes.has(path) ? this.contentOf(path) : []) {
        this.missing.add(oid);
      }
    }
  }

  private count(group: readonly GroupItem[]): void {
    for (const { path, action } of group) {
      noteApplied(this.worktree, this.order, path);
      (action === 'write' ? this.applied.written : this.applied.deleted).push(path);
    }
  }

  /** What of a group that was taken back did not get its name back. */
  private async settle(group: Group, all: boolean): Promise<void> {
    await this.letGoOf([group], all);
  }

  private async letGoOf(groups: readonly Group[], all: boolean): Promise<void> {
    const asides = groups.flatMap((group) => group.asides.splice(0));
    if (asides.length === 0) {
      return;
    }
    const { who } = this.order;
    const { recording } = this.tools;
    const moved = await letGo(this.worktree, asides, this.known, { who, recording, all });
    this.applied.moved.push(...moved);
    noteMoved(moved);
  }
}
