import fs from 'node:fs/promises';
import { onDisk } from '../checkpoint/hash';
import { entriesAt, type PathEntry } from '../checkpoint/trees';
import { pathText, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { lifeOf } from '../refs/identity';
import { entriesOnDisk } from './disk';
import type { MovedAway } from '../ledger';
import { readMovedRecords, Recording, type MovedRecord, type PlannedMove } from './movedRecord';
import { putBack, removeEmptyAbove } from './place';
import { letGo, type Aside, type Who } from './settle';
import { lstat } from './statSnapshot';
import { english } from '../localizer';
import { movedLines } from '../toldWords';

/** What became of an operation that was interrupted. */
export interface Settled {
  /** What has its name back. */
  readonly back: readonly GitPath[];
  readonly moved: readonly MovedAway[];
}

/** The names beside that a record knows and that are there. */
export async function asidesOf(worktree: Worktree, record: MovedRecord): Promise<Aside[]> {
  const named = record.groups.flat().flatMap(({ path, aside, fresh }) => [
    { path, as: aside },
    { path, as: fresh },
  ]);
  const kept = record.kept.filter(({ as }) => !named.some((one) => as === one.as));
  const there: Aside[] = [];
  for (const aside of [...named, ...kept]) {
    if ((await lstat(onDisk(worktree, aside.as))) !== undefined) {
      there.push(aside);
    }
  }
  return there;
}

/**
 * Ends what a killed process has left half done, by its record: a group that went through stays so, any other goes back as a
 * whole. What has no name to come back to is in a checkpoint, or keeps its name beside and stays listed.
 */
export async function settleInterrupted(worktree: Worktree, record: MovedRecord, who: Who): Promise<Settled> {
  return settle(worktree, record, who, true);
}

/**
 * Before files are put in place again: what a process that has ended since left aside here gets its name back where nothing has
 * that, and is let go of where something has. What stands at its name may be anybody's by now and is not touched: to take a half
 * of something back as a whole is the doctor's. What was done is put among the worktree's notices. The caller holds the worktree's
 * lease.
 */
export async function endInterrupted(worktree: Worktree, who: Who): Promise<void> {
  for (const record of await toEnd(worktree)) {
    const { back, moved } = await settle(worktree, record, who, false);
    const said = [
      ...back.map((path) => `${pathText(path)} has its name back`),
      ...movedLines(english, moved),
    ];
    if (said.length > 0) {
      worktree.notices.add(`A restore or sync was killed in this worktree. ${said.join('; ')}.`);
    }
  }
}

/** Whether {@link endInterrupted} would find something to end; asks no git. */
export async function wasInterrupted(worktree: Worktree): Promise<boolean> {
  return (await toEnd(worktree)).length > 0;
}

/** The records of processes that have ended, but for those that only list what is kept for good. */
async function toEnd(worktree: Worktree): Promise<MovedRecord[]> {
  const found: MovedRecord[] = [];
  for (const record of await readMovedRecords(worktree)) {
    const { by } = record.operation;
    const isOnlyKept = record.kept.length > 0 && (await unlistedAsides(worktree, record)).length === 0;
    if (by !== undefined && lifeOf(by) === 'ended' && !isOnlyKept) {
      found.push(record);
    }
  }
  return found;
}

/** What a record says is aside, and was not kept for good. */
export async function unlistedAsides(worktree: Worktree, record: MovedRecord): Promise<GitPath[]> {
  const kept = new Set(record.kept.map(({ as }) => as));
  return (await asidesOf(worktree, record)).flatMap(({ as }) => (kept.has(as) ? [] : [as]));
}

/** @param asWhole Takes away what a group has put in place that did not go through, and says where everything is. */
async function settle(worktree: Worktree, record: MovedRecord, who: Who, asWhole: boolean): Promise<Settled> {
  const { operation, groups, done } = record;
  const isThrough = await wentThrough(worktree, record);
  const through = isThrough ? groups.length : done;
  const names = groups.flat().map(({ path }) => path);
  const before = await entriesAt(worktree.plumbing, operation.from, names);
  const after = await entriesAt(worktree.plumbing, operation.to, names);
  const kept = new Set(record.kept.map(({ as }) => as));
  const back: GitPath[] = [];
  for (const group of groups.slice(through).reverse()) {
    if (asWhole) {
      await takeAway(worktree, group, { before, after, from: operation.from });
    }
    for (const move of group) {
      const { path, aside, fresh } = move;
      const stat = kept.has(aside) ? undefined : await lstat(onDisk(worktree, aside));
      if (stat !== undefined && (await putBack(worktree, { path, as: aside, fresh }))) {
        back.push(path);
      }
    }
  }
  const known = {
    entries: new Map(
      names.map((name) => [name, [before.get(name), after.get(name)].flatMap((entry) => entry ?? [])]),
    ),
    checkpoint: operation.checkpoint,
    seen: new Map(),
    seenAt: 0,
  };
  const recording = Recording.again(record);
  const left = await asidesOf(worktree, record);
  const moved = await letGo(worktree, left, known, { who, recording, all: asWhole || !isThrough });
  await recording.end();
  return { back, moved };
}

/** Whether the reference that the files belong to has moved, with others on top of it or without. */
async function wentThrough(worktree: Worktree, { operation: { decides } }: MovedRecord): Promise<boolean> {
  if (decides === undefined) {
    return false;
  }
  const { exitCode } = await worktree.git.run({
    args: ['merge-base', '--is-ancestor', decides.at, decides.ref],
    cwd: worktree.root,
    answers: [1, 128],
  });
  return exitCode === 0;
}

/** Removes what the group has put there, if it is still that: what was there is beside it, or there was nothing. */
async function takeAway(
  worktree: Worktree,
  group: readonly PlannedMove[],
  trees: {
    readonly before: ReadonlyMap<GitPath, PathEntry | undefined>;
    readonly after: ReadonlyMap<GitPath, PathEntry | undefined>;
    readonly from: string;
  },
): Promise<void> {
  const written = group.filter(({ action }) => action === 'write');
  const disk = await entriesOnDisk(
    worktree,
    written.map(({ path }) => path),
    trees.from,
  );
  for (const { path, aside } of written) {
    const now = disk.get(path);
    const wanted = trees.after.get(path);
    const isPlaced =
      now?.kind === 'stored' && now.entry.oid === wanted?.oid && now.entry.mode === wanted.mode;
    const then = trees.before.get(path);
    const isFree = then === undefined || then.mode === '040000';
    if (isPlaced && (isFree || (await lstat(onDisk(worktree, aside))) !== undefined)) {
      await fs.unlink(onDisk(worktree, path));
    }
    await removeEmptyAbove(worktree, path);
  }
}
