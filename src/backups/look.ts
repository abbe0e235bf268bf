import { readCommit } from '../git/commit';
import { Again, retry } from '../git/retry';
import type { Worktree } from '../git/worktree';
import { BelayError } from '../errors';
import type { RefChange } from '../refs/change';
import {
  appendKept,
  chainOf,
  readKept,
  recall,
  seenPrefix,
  type Change,
  type NamedObject,
  type Kept,
} from './kept';
import { listNames, type Listing } from './named';

/** How often a look is repeated because another process has written what it saw. */
const attempts = 20;
/** Longest pause in ms before the next one. */
const maxPauseMs = 40;
/** How many commits are searched to tell that a name has merely moved forward. */
const nearby = 30;
/** Where more names than this have moved at once, it is told of all of them together instead. */
const fewMoved = 20;

/** What a name stood for, and no longer does. Whether commits were lost with it is not known yet. */
export interface Left {
  /** As in a listing of names. */
  readonly name: string;
  readonly was: NamedObject;
  /** What the name stands for now. */
  readonly now: string | undefined;
}

/** What is kept, what is named now, and what has become of it in between. */
export interface Look {
  readonly kept: Kept;
  readonly listing: Listing;
  /** What the chain does not say yet. */
  readonly changes: readonly Change[];
  /** What names have left and nobody has judged, from earlier looks and from this one. */
  readonly left: readonly Left[];
}

/** Names of the chain's own, beside those of a listing. */
const own = { left: 'left/', told: 'told/', log: 'log/', seen: seenPrefix } as const;

/** Looks at what the references name, and compares it with what is kept. @throws GitError. */
export async function lookAtNames(worktree: Worktree, more: readonly string[] = []): Promise<Look> {
  const remembered = await recall(worktree);
  const stash = [...(remembered?.names.keys() ?? [])].some((name) => name.startsWith('stash/'));
  const listing = await listNames(worktree, { stash });
  const kept = await readKept(worktree, await chainOf(worktree, listing, remembered), remembered);
  const fresh = [...listing.names].filter(([name, oid]) => kept.names.get(name)?.oid !== oid);
  const logs = more.filter((oid) => !kept.names.has(`${own.log}${oid}`));
  const held = await heldBy(worktree, [...fresh.map(([, oid]) => oid), ...logs]);
  const moved = fresh.flatMap(([name, oid]): Change[] => {
    const to = held.get(oid);
    return to === undefined ? [] : [{ name, to }];
  });
  const gone = [...kept.names.keys()].filter(
    (name) => isListed(name) && !listing.names.has(name) && !listing.unreadable.has(name),
  );
  const changes = [
    ...moved,
    ...gone.map((name): Change => ({ name, to: undefined })),
    ...logs.flatMap((oid): Change[] => {
      const to = held.get(oid);
      return to === undefined ? [] : [{ name: `${own.log}${oid}`, to }];
    }),
  ];
  const leaving = [...moved, ...gone.map((name) => ({ name, to: undefined }))].flatMap(
    ({ name, to }): Left[] => {
      const was = kept.names.get(name);
      return was?.commit === undefined ? [] : [{ name, was, now: to?.oid }];
    },
  );
  return {
    kept,
    listing,
    changes,
    left: [...leftBefore(kept, listing), ...(await notForward(worktree, leaving))],
  };
}

/**
 * Keeps what the references name, before anything else happens: what nothing of Belay's holds yet is put on the chain, with its
 * names. What they no longer name since the last look is recorded, to be judged later. Nothing is written where nothing changed.
 * @param more commits that no reference names, to be kept as well.
 * @throws GitError; BelayError `backup_failed` when the chain cannot be written.
 */
export async function keepNames(worktree: Worktree, more: readonly string[] = []): Promise<Look> {
  return settleLook(
    worktree,
    () => lookAtNames(worktree, more),
    (look) => ({ changes: [...look.changes, ...look.left.map(markLeft)], others: [], result: look }),
  );
}

/** What is to be written after a look. */
export interface Settling<T> {
  readonly changes: readonly Change[];
  /** Written in the same transaction. */
  readonly others: readonly RefChange[];
  readonly result: T;
}

/**
 * Looks, lets `decide` say what becomes of it, and writes that; starts again from the look if another process was quicker,
 * so that of several that see the same thing only one acts on it.
 * @throws GitError; BelayError `backup_failed`; what `decide` throws.
 */
export async function settleLook<T, L extends Pick<Look, 'kept'> = Look>(
  worktree: Worktree,
  take: () => Promise<L>,
  decide: (look: L) => Settling<T> | Promise<Settling<T>>,
): Promise<T> {
  return retry({ tries: attempts, pauseMs: () => Math.random() * maxPauseMs }, async () => {
    const look = await take();
    const { changes, others, result } = await decide(look);
    const wanted = withoutKnown(look.kept, changes);
    const asItIs = look.kept.ref === look.kept.at && wanted.length === 0 && others.length === 0;
    if (asItIs) {
      return result;
    }
    const outcome = await appendKept(worktree, look.kept, wanted, others);
    if (!('done' in outcome)) {
      return result;
    }
    const words = `What the references name could not be kept: ${outcome.message.trim()}`;
    return new Again(new BelayError('backup_failed', words));
  });
}

/** What tells one thing that a name has left from every other. */
export function keyOf({ name, was }: Left): string {
  return `${was.oid}/${name}`;
}

/** Records that a name no longer names something, to be judged later. */
export function markLeft(left: Left): Change {
  return { name: own.left + keyOf(left), to: left.was };
}

/** Takes that back: it has been judged. */
export function judged(left: Left): Change {
  return { name: own.left + keyOf(left), to: undefined };
}

/** Records that the person was told of a lost commit, and of its ancestors. */
export function markTold(commit: string): Change {
  return { name: `${own.told}${commit}`, to: { oid: commit, commit } };
}

/** The commits that the person was told of. */
export function toldIn({ names }: Kept): string[] {
  return [...names.keys()].flatMap((name) => (name.startsWith(own.told) ? name.slice(own.told.length) : []));
}

function isListed(name: string): boolean {
  return !Object.values(own).some((prefix) => name.startsWith(prefix));
}

function withoutKnown({ names }: Kept, changes: readonly Change[]): Change[] {
  return changes.filter(({ name, to }) => names.get(name)?.oid !== to?.oid);
}

function leftBefore({ names }: Kept, listing: Listing): Left[] {
  return [...names].flatMap(([name, was]): Left[] => {
    if (!name.startsWith(own.left)) {
      return [];
    }
    const left = name.slice(own.left.length + was.oid.length + 1);
    return [{ name: left, was, now: listing.names.get(left) }];
  });
}

/** What objects lead to; one that is not there is left out: it cannot be held. */
async function heldBy(worktree: Worktree, oids: readonly string[]): Promise<Map<string, NamedObject>> {
  const distinct = [...new Set(oids)];
  const infos = await worktree.plumbing.infos(distinct);
  const others = distinct.filter((_, at) => infos[at]?.type === 'tag');
  const peeled = await worktree.plumbing.infos(others.map((oid) => `${oid}^{commit}`));
  const held = new Map<string, NamedObject>();
  for (const [at, oid] of distinct.entries()) {
    const info = infos[at];
    if (info !== undefined) {
      const commit = info.type === 'tag' ? peeled[others.indexOf(oid)]?.oid : oid;
      held.set(oid, { oid, commit: info.type === 'commit' || info.type === 'tag' ? commit : undefined });
    }
  }
  return held;
}

/** Those that did not merely move forward by a few commits, which loses nothing. */
async function notForward(worktree: Worktree, left: readonly Left[]): Promise<Left[]> {
  if (left.length > fewMoved) {
    return [...left];
  }
  const found: Left[] = [];
  for (const one of left) {
    if (one.now === undefined || !(await goesForward(worktree, one.was.oid, one.now))) {
      found.push(one);
    }
  }
  return found;
}

async function goesForward(worktree: Worktree, from: string, to: string): Promise<boolean> {
  const seen = new Set<string>();
  let next = [to];
  while (next.length > 0 && seen.size < nearby) {
    const objects = await worktree.plumbing.objects(next);
    next.forEach((oid) => seen.add(oid));
    const parents = objects.flatMap((object) =>
      object?.type === 'commit' ? readCommit(object.content.toString('latin1')).parents : [],
    );
    if (parents.includes(from)) {
      return true;
    }
    next = [...new Set(parents)].filter((oid) => !seen.has(oid)).slice(0, nearby);
  }
  return false;
}
