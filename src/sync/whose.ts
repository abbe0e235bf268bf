import { commitsOf } from '../backups/commits';
import type { Worktree } from '../git/worktree';
import { isAncestor, reach, readGraph, type Graph } from './ancestry';
import { committedByMe } from './committer';
import { readLocalLogs } from './localLogs';
import type { DroppedCommit } from './syncOutcome';
import type { Replayed } from './rebase';
import { tipsOf, type Tip, type Upstream } from './upstreamTips';

/** How many tips are tried, the oldest first, to tell whether the upstream was known before a branch diverged. */
const triedTips = 40;

/** What a branch has that its upstream has not, by whose it is. */
export interface Whose {
  /** What is to be put onto the upstream, each after what it stands on: all but {@link removed}. */
  readonly own: readonly Replayed[];
  /** Those of the own ones, made here, that the upstream had and has no more. */
  readonly takenBack: ReadonlySet<string>;
  /** What came from the upstream and that it has no more, newest first. */
  readonly removed: readonly DroppedCommit[];
  /** Those of the own ones of which nothing tells whether the upstream had them. */
  readonly unknown: ReadonlySet<string>;
}

/** A branch's commit, and what it is brought to. */
export interface Sides {
  readonly local: string;
  readonly target: string;
  /** Whose commits are nobody's local work either, as git-rev-list(1) takes them. */
  readonly others?: readonly string[] | undefined;
  /** What the branch follows; without it every commit is its own. */
  readonly follows?: Upstream | undefined;
  /** Which commits are doubted that nothing tells of: `all`, none, or `foreign` ones that no remote has either. */
  readonly doubt: 'all' | 'foreign' | 'none';
}

/**
 * Tells whose the commits are that a branch has and its upstream has not, as `git pull --rebase` does by its fork point, but for
 * each commit by itself: one that the upstream was seen to have, and has no more, was taken back there. Whether it was made here
 * is what git's logs say; where they say nothing, whether its committer is the one who commits here and no log tells that it came.
 * @throws GitError; BelayError `backup_failed`.
 */
export async function whoseCommits(worktree: Worktree, sides: Sides): Promise<Whose> {
  const { local, target, others = [], follows } = sides;
  const tips = follows === undefined ? [] : await tipsOf(worktree, follows);
  const graph = await readBeyond(worktree, [local, ...tips.map(({ oid }) => oid)], [target, ...others]);
  const reached = reach([local], graph);
  const all = [...graph].filter(([oid]) => reached.has(oid)).map(([oid, parents]) => ({ oid, parents }));
  if (follows === undefined || all.length === 0) {
    return { own: all.reverse(), takenBack: new Set(), removed: [], unknown: new Set() };
  }
  const oids = all.map(({ oid }) => oid);
  const first = firstSeen(tips, graph);
  const logs = await readLocalLogs(worktree, graph, follows.remote);
  const unlogged = oids.filter((oid) => !logs.made.has(oid));
  const mine = await committedByMe(
    worktree,
    unlogged.filter((oid) => first.get(oid) !== 'came' && !logs.came.has(oid)),
  );
  const madeHere = (oid: string): boolean => logs.made.has(oid) || mine.has(oid);
  const removed = oids.filter((oid) => first.has(oid) && !madeHere(oid));
  const unknown = await doubted(
    worktree,
    { ...sides, tips, madeHere },
    unlogged.filter((oid) => !first.has(oid)),
  );
  const without = new Set(removed);
  return {
    own: all.filter(({ oid }) => !without.has(oid)).reverse(),
    takenBack: new Set(oids.filter((oid) => first.has(oid) && madeHere(oid))),
    removed: await namedCommits(worktree, removed),
    unknown: new Set(unknown),
  };
}

/** What these have and those have not, with its parents, newest first. */
async function readBeyond(
  worktree: Worktree,
  starts: readonly string[],
  without: readonly string[],
): Promise<Graph> {
  const text = await worktree.git.text({
    args: ['rev-list', '--topo-order', '--parents', '--ignore-missing', '--stdin', '--not', ...without],
    cwd: worktree.root,
    input: [...new Set(starts)].map((oid) => `${oid}\n`).join(''),
  });
  return readGraph(text);
}

/** How each commit was first seen to be the upstream's; those that it never was seen to have are not in it. */
function firstSeen(tips: readonly Tip[], graph: Graph): Map<string, Tip['how']> {
  const first = new Map<string, Tip['how']>();
  for (const { oid, how } of tips) {
    for (const found of reach([oid], graph, first)) {
      first.set(found, how);
    }
  }
  return first;
}

/** Those of these commits, which the upstream was not seen to have, that it may have had before anybody looked. */
async function doubted(
  worktree: Worktree,
  known: Sides & { readonly tips: readonly Tip[]; readonly madeHere: (oid: string) => boolean },
  commits: readonly string[],
): Promise<readonly string[]> {
  const { doubt, madeHere } = known;
  const asked = doubt === 'foreign' ? commits.filter((oid) => !madeHere(oid)) : commits;
  if (doubt === 'none' || asked.length === 0 || (await wasKnownBefore(worktree, known))) {
    return [];
  }
  return doubt === 'all' ? asked : nowhereElse(worktree, asked);
}

/**
 * Whether the upstream was seen at a commit that the branch holds: then all that it had since was seen as well, if it was
 * fetched, and so as far as the branch could have it from there.
 */
async function wasKnownBefore(
  worktree: Worktree,
  { tips, local, target }: Sides & { readonly tips: readonly Tip[] },
): Promise<boolean> {
  const tried = [...new Set(tips.map(({ oid }) => oid))].filter((oid) => oid !== target);
  for (const oid of tried.slice(0, triedTips)) {
    if (await isAncestor(worktree, oid, local)) {
      return true;
    }
  }
  return false;
}

/** Those that no remote has. */
async function nowhereElse(worktree: Worktree, commits: readonly string[]): Promise<string[]> {
  const text = await worktree.git.text({
    args: ['rev-list', '--stdin', '--not', '--remotes'],
    cwd: worktree.root,
    input: commits.map((oid) => `${oid}\n`).join(''),
  });
  const found = new Set(text.split('\n'));
  return commits.filter((oid) => found.has(oid));
}

/** At most so many ids are handed to one git. */
const atOnce = 1_000;

/** These commits, in this order, with their subjects. */
export async function namedCommits(worktree: Worktree, oids: readonly string[]): Promise<DroppedCommit[]> {
  const found: DroppedCommit[] = [];
  for (let at = 0; at < oids.length; at += atOnce) {
    const some = oids.slice(at, at + atOnce);
    const commits = await commitsOf(worktree, ['--no-walk=unsorted', ...some], some.length);
    found.push(...commits.map(({ oid, subject }) => ({ oid, subject })));
  }
  return found;
}
