import fs from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { onDisk } from '../checkpoint/hash';
import { takeOnTheWay } from '../checkpoint/take';
import type { PathEntry } from '../checkpoint/trees';
import { BelayError } from '../errors';
import { GitError } from '../git/errors';
import { isDiskError, whenRefused } from '../git/diskErrors';
import { pathFromBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { LeaseError } from '../leases/error';
import { blobId } from './blobId';
import type { MovedAway } from '../ledger';
import type { Recording } from './movedRecord';
import { openForWriting } from './openFiles';
import { removeEmptyBelow } from './place';
import { isSame, lstat, type StatSnapshot } from './statSnapshot';
import { storeAs } from './storeAs';

/** How often what was moved aside is looked at again before it keeps its name beside, and how long in between, in milliseconds. */
const looks = 6;
const betweenLooksMs = 40;

/** A time of change younger than this, in nanoseconds, does not tell one state of a file from the next (as in git's index). */
const racyNs = 50_000_000n;

/** A file or folder that was moved aside. */
export interface Aside {
  /** What it was called, and what it is called now. */
  readonly path: GitPath;
  readonly as: GitPath;
}

/** What is known of contents that may have been moved aside. */
export interface Known {
  /** The checkpoint, or commit, that holds a path's content as the entry says. */
  readonly entries: ReadonlyMap<GitPath, readonly PathEntry[]>;
  readonly checkpoint: string;
  /** What was seen of a path before its entry was compared with the disk, and when, in milliseconds since the epoch. */
  readonly seen: ReadonlyMap<GitPath, StatSnapshot>;
  readonly seenAt: number;
}

/** Who stores what no checkpoint holds yet. */
export interface Who {
  readonly session: string;
  readonly agent: string;
  readonly leases: readonly string[];
}

/** The present state of a file below what was moved aside. */
interface Leaf extends Aside {
  readonly file: Buffer;
  readonly stat: BigIntStats;
  /** The checkpoint that holds it. */
  held?: string | undefined;
}

/**
 * Lets go of what was moved aside. Nothing is removed unless a checkpoint is known to hold exactly these bytes, looked at once
 * nobody has them open for writing any more: what none holds is stored in one first, and where that fails it keeps its name.
 * @param all Name also what the checkpoint from before holds: for paths whose old content did not come back to its name.
 * @returns where everything is that is not simply what was there before.
 */
export async function letGo(
  worktree: Worktree,
  asides: readonly Aside[],
  known: Known,
  { who, recording, all }: { readonly who: Who; readonly recording: Recording; readonly all: boolean },
): Promise<MovedAway[]> {
  const moved: MovedAway[] = [];
  // Undefined: the disk does not tell.
  let left = await leavesOf(worktree, asides).catch(whenRefused(undefined));
  if (all && left !== undefined) {
    moved.push(...outOfReach(asides, left, known));
  }
  for (let look = 0; look < looks && left?.length !== 0; look += 1) {
    if (look > 0) {
      await sleep(betweenLooksMs);
    }
    // What the disk refuses this time it may give the next.
    const told = await lookAt(worktree, left ?? [], known, { who, all }).catch(whenRefused([]));
    moved.push(...told);
    left = await leavesOf(worktree, asides).catch(whenRefused(left));
  }
  for (const { path, as } of left ?? asides) {
    await recording.keep(path, as);
    moved.push({ path, as });
  }
  for (const { as } of asides) {
    await removeEmptyBelow(onDisk(worktree, as)).catch(whenRefused(undefined));
  }
  return moved;
}

/** One look: removes what is held, and stores what is not. @returns what there is to say. */
async function lookAt(
  worktree: Worktree,
  left: readonly Leaf[],
  known: Known,
  { who, all }: { readonly who: Who; readonly all: boolean },
): Promise<MovedAway[]> {
  const moved: MovedAway[] = [];
  const busy = await openForWriting(left.map(({ file }) => file));
  const quiet = left.filter(({ file }) => !busy.has(file.toString('latin1')));
  const unknown: Leaf[] = [];
  for (const leaf of quiet) {
    leaf.held = (await isKnown(worktree, leaf, known)) ? known.checkpoint : undefined;
    if (leaf.held === undefined) {
      unknown.push(leaf);
    }
  }
  const stored = await store(worktree, unknown, who);
  for (const leaf of quiet) {
    if (
      leaf.held !== undefined &&
      (await removed(leaf).catch(whenRefused(false))) &&
      (all || stored.has(leaf))
    ) {
      moved.push({ path: leaf.path, checkpoint: leaf.held });
    }
  }
  return moved;
}

/** What is not at its name beside either: its folder was moved away. What was seen there is in the checkpoint. */
function outOfReach(asides: readonly Aside[], leaves: readonly Leaf[], known: Known): MovedAway[] {
  const reached = new Set(leaves.map(({ path }) => path));
  const names = [...known.seen].flatMap(([name, seen]) => (seen === undefined ? [] : [name]));
  return names
    .filter((name) => !reached.has(name))
    .filter((name) => asides.some(({ path }) => name === path || name.startsWith(`${path}/`)))
    .map((name) => ({ path: name, checkpoint: known.checkpoint }));
}

/** The files and links at and below the names beside; what is neither stays where it is. */
async function leavesOf(worktree: Worktree, asides: readonly Aside[]): Promise<Leaf[]> {
  const leaves: Leaf[] = [];
  for (const { path, as } of asides) {
    const file = onDisk(worktree, as);
    const stat = await lstat(file);
    if (stat?.isDirectory() === true) {
      const names = await fs.readdir(file, { encoding: 'buffer' });
      const inside = names.map((bytes) => {
        const name = pathFromBytes(bytes);
        return { path: `${path}/${name}`, as: `${as}/${name}` };
      });
      leaves.push(...(await leavesOf(worktree, inside)));
    } else if (stat !== undefined) {
      leaves.push({ path, as, file, stat });
    }
  }
  return leaves;
}

async function isKnown(worktree: Worktree, { path, file, stat }: Leaf, known: Known): Promise<boolean> {
  const entries = known.entries.get(path) ?? [];
  const fits = entries.filter(({ mode }) => (mode === '120000') === stat.isSymbolicLink());
  if (fits.length === 0) {
    return false;
  }
  const id = await blobId(worktree.repository, file);
  if (fits.some(({ oid }) => oid === id)) {
    return true;
  }
  // Through a filter: git has compared what was seen, and it is the same still, unless it was written just then.
  const seen = known.seen.get(path);
  const settled = stat.mtimeNs < BigInt(known.seenAt) * 1_000_000n - racyNs;
  if (settled && isSame(stat, seen)) {
    return true;
  }
  const entry = await storeAs(worktree, path, file, stat).catch(unlessRefused);
  return fits.some(({ oid }) => oid === entry?.oid);
}

/** Puts the contents into a checkpoint of their own. @returns those that are in one now. */
async function store(worktree: Worktree, leaves: readonly Leaf[], who: Who): Promise<Set<Leaf>> {
  const entries = new Map<GitPath, PathEntry>();
  const stored = new Set<Leaf>();
  for (const leaf of leaves) {
    const entry = await storeAs(worktree, leaf.path, leaf.file, leaf.stat).catch(unlessRefused);
    if (entry !== undefined) {
      entries.set(leaf.path, entry);
      stored.add(leaf);
    }
  }
  if (stored.size === 0) {
    return stored;
  }
  const checkpoint = await checkpointOf(worktree, entries, who);
  if (checkpoint === undefined) {
    return new Set();
  }
  for (const leaf of stored) {
    leaf.held = checkpoint;
  }
  return stored;
}

/** @returns the checkpoint, a stale one where the writer is fenced off; undefined where none could be taken. */
async function checkpointOf(
  worktree: Worktree,
  movedAside: ReadonlyMap<GitPath, PathEntry>,
  { session, agent, leases }: Who,
): Promise<string | undefined> {
  try {
    const { checkpoint } = await takeOnTheWay(worktree, {
      session,
      agent,
      leases,
      message: 'What was moved aside while files were put in place',
      paths: [...movedAside.keys()],
      movedAside,
      always: true,
    });
    return checkpoint.oid;
  } catch (thrown) {
    if (thrown instanceof LeaseError) {
      return thrown.kept?.checkpoint;
    }
    unlessRefused(thrown);
    return undefined;
  }
}

/** What git or the disk refuses to store keeps its name beside; anything else is a fault. */
function unlessRefused(thrown: unknown): undefined {
  if (!(thrown instanceof BelayError || thrown instanceof GitError || isDiskError(thrown))) {
    throw thrown;
  }
}

/** Removes a file unless it has changed since it was looked at. */
async function removed({ file, stat }: Leaf): Promise<boolean> {
  const now = await lstat(file);
  if (now === undefined || !isSame(now, stat) || now.ctimeNs !== stat.ctimeNs) {
    return false;
  }
  await fs.unlink(file);
  return true;
}
