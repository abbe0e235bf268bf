import fs from 'node:fs/promises';
import { onDisk } from '../checkpoint/hash';
import { hasCode, toleratesDisk, whenRefused } from '../git/diskErrors';
import { pathFromBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import type { BlockedPath, BlockedReason, RestoreAction } from './restoreRequest';
import type { ModesKept } from './modes';
import type { PlannedMove, Recording } from './movedRecord';
import { nameBeside } from './nameBeside';
import { makeFoldersAbove, place, putBack, removedEmpty } from './place';
import type { Aside } from './settle';
import { closedAbove, isSame, isSpecial, lstat, type StatSnapshot } from './statSnapshot';
import type { StagedFiles } from './staging';

/** What a group is put in place with. */
export interface Tools {
  readonly worktree: Worktree;
  readonly staged: StagedFiles;
  readonly seen: ReadonlyMap<GitPath, StatSnapshot>;
  readonly recording: Recording;
  readonly modes: ModesKept;
}

export interface GroupItem {
  readonly path: GitPath;
  readonly action: RestoreAction;
}

/** Where a file system takes only shorter names than usual (encrypted ones: 143 bytes). */
const shortName = 140;

/**
 * Paths that are put in place together or not at all. What is there is moved aside first, and looked at again under its new
 * name: if it is not what was seen, everything goes back, so an edit that comes in between is never overwritten. The folders
 * above are looked at for links right before each step, and after it.
 */
export class Group {
  readonly asides: Aside[] = [];
  /** Whether the file system wants shorter names beside. */
  namesTooLong = false;
  private readonly moves: PlannedMove[];
  private readonly placed = new Map<GitPath, StatSnapshot>();
  private readonly folders: GitPath[] = [];
  private readonly going: ReadonlySet<GitPath>;

  constructor(
    readonly items: readonly GroupItem[],
    private readonly tools: Tools,
    longest?: number,
  ) {
    this.going = new Set(items.flatMap(({ path, action }) => (action === 'delete' ? [path] : [])));
    this.moves = items.map(({ path, action }) => ({
      path,
      action,
      aside: nameBeside(path, longest),
      fresh: nameBeside(path, longest),
    }));
  }

  /** @returns the paths that keep it from going through, after everything has been put back as far as that could be. */
  async run(): Promise<BlockedPath[]> {
    let at = this.items[0]?.path ?? '';
    let reason: BlockedReason | undefined;
    try {
      await this.tools.recording.group(this.moves);
      for (const move of this.inOrder()) {
        at = move.path;
        reason = await this.moveAside(move);
        if (reason !== undefined) {
          break;
        }
      }
      for (const move of reason === undefined ? this.writes() : []) {
        at = move.path;
        reason = await this.put(move);
        if (reason !== undefined) {
          break;
        }
      }
    } catch (thrown) {
      toleratesDisk(thrown);
      this.namesTooLong = hasCode(thrown, 'ENAMETOOLONG');
      reason = 'write_failed';
    }
    if (reason === undefined) {
      return [];
    }
    const why = reason;
    await this.takeBack();
    return this.items.map(({ path }) => ({ path, reason: path === at ? why : 'other_side_left' }));
  }

  /** Whatever is above comes first; of one depth, what only goes. */
  private inOrder(): PlannedMove[] {
    const depth = ({ path }: PlannedMove): number => path.split('/').length;
    return [...this.moves].sort(
      (a, b) => depth(a) - depth(b) || Number(a.action === 'write') - Number(b.action === 'write'),
    );
  }

  private writes(): PlannedMove[] {
    return this.moves.filter(({ action }) => action === 'write');
  }

  private async moveAside(move: PlannedMove): Promise<BlockedReason | undefined> {
    const { worktree, seen } = this.tools;
    const { path } = move;
    if (this.asides.some((aside) => path.startsWith(`${aside.path}/`))) {
      return undefined;
    }
    const closed = await closedAbove(worktree, path);
    if (closed !== undefined) {
      return closed;
    }
    const now = await lstat(onDisk(worktree, path));
    if (now === undefined) {
      return seen.get(path) === undefined ? undefined : 'changed_meanwhile';
    }
    if (isSpecial(now)) {
      return 'special_file_in_the_way';
    }
    if (now.isDirectory()) {
      return move.action === 'write' ? this.moveFolder(move) : 'changed_meanwhile';
    }
    if (!isSame(now, seen.get(path))) {
      return 'changed_meanwhile';
    }
    await this.rename(move);
    const moved = await lstat(onDisk(worktree, move.aside));
    if (moved === undefined || !isSame(moved, seen.get(path))) {
      return 'changed_meanwhile';
    }
    this.tools.modes.saw(path, moved);
    return closedAbove(worktree, path);
  }

  /** A folder that makes way for a file goes as a whole, once nothing is in it but what goes anyway. */
  private async moveFolder(move: PlannedMove): Promise<BlockedReason | undefined> {
    const { worktree } = this.tools;
    const before = await this.strangerIn(move.path, move.path);
    if (before !== undefined) {
      return before;
    }
    await this.rename(move);
    return (await this.strangerIn(move.aside, move.path)) ?? closedAbove(worktree, move.path);
  }

  /** Why a folder does not go: something in it stays, or is not what was seen. */
  private async strangerIn(folder: GitPath, path: GitPath): Promise<BlockedReason | undefined> {
    const { worktree, seen, modes } = this.tools;
    for (const bytes of await fs.readdir(onDisk(worktree, folder), { encoding: 'buffer' })) {
      const name = pathFromBytes(bytes);
      const [at, was] = [`${folder}/${name}`, `${path}/${name}`];
      const stat = await lstat(onDisk(worktree, at));
      if (stat?.isDirectory() === true) {
        const found = await this.strangerIn(at, was);
        if (found !== undefined) {
          return found;
        }
      } else if (!this.going.has(was)) {
        return 'blocked_by_folder';
      } else if (stat === undefined || !isSame(stat, seen.get(was))) {
        return 'changed_meanwhile';
      } else {
        modes.saw(was, stat);
      }
    }
    return undefined;
  }

  private async rename(move: PlannedMove): Promise<void> {
    const { worktree } = this.tools;
    // Known before it is done: what fails half-way is still put back.
    const aside = { path: move.path, as: move.aside };
    this.asides.push(aside);
    try {
      await fs.rename(onDisk(worktree, move.path), onDisk(worktree, move.aside));
    } catch (thrown) {
      this.asides.splice(this.asides.indexOf(aside), 1);
      throw thrown;
    }
  }

  private async put({ path, fresh }: PlannedMove): Promise<BlockedReason | undefined> {
    const { worktree, staged, modes } = this.tools;
    const file = await staged.locate(path);
    if (file === undefined) {
      return 'write_failed';
    }
    const above = await makeFoldersAbove(worktree, path, this.folders);
    if (above !== undefined) {
      return above;
    }
    await modes.give(path, file);
    const target = onDisk(worktree, path);
    if (!(await place(file, target, onDisk(worktree, fresh)))) {
      return (await lstat(target))?.isDirectory() === true ? 'blocked_by_folder' : 'changed_meanwhile';
    }
    this.placed.set(path, await lstat(target));
    return closedAbove(worktree, path);
  }

  /** Takes away what was put there, unless it was changed since, and gives everything its name back that can have it. */
  async takeBack(): Promise<void> {
    const { worktree } = this.tools;
    for (const [path, seen] of [...this.placed].reverse()) {
      const target = onDisk(worktree, path);
      const now = await lstat(target).catch(whenRefused(undefined));
      if (now !== undefined && isSame(now, seen)) {
        await fs.unlink(target).catch(whenRefused(undefined));
      }
    }
    for (const folder of this.folders.reverse()) {
      const closed = await closedAbove(worktree, folder).catch(whenRefused('blocked_by_folder'));
      if (closed === undefined) {
        await removedEmpty(onDisk(worktree, folder)).catch(whenRefused(false));
      }
    }
    const fresh = new Map(this.moves.map((move) => [move.path, move.fresh]));
    const left: Aside[] = [];
    for (const aside of this.asides) {
      const back = await putBack(worktree, { ...aside, fresh: fresh.get(aside.path) ?? aside.as });
      if (!back) {
        left.push(aside);
      }
    }
    this.asides.splice(0, this.asides.length, ...left);
  }
}

/** As {@link Group.run}, with shorter names beside where the file system asks for them. */
export async function runGroup(
  items: readonly GroupItem[],
  tools: Tools,
): Promise<{ readonly group: Group; readonly blocked: BlockedPath[] }> {
  const group = new Group(items, tools);
  const blocked = await group.run();
  if (group.asides.length > 0 || !group.namesTooLong) {
    return { group, blocked };
  }
  const again = new Group(items, tools, shortName);
  return { group: again, blocked: await again.run() };
}
