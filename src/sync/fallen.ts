import { listBackups } from '../backups/backups';
import type { Left } from '../backups/look';
import type { FallenKind } from '../backups/fallRecord';
import { GitError } from '../git/errors';
import type { Worktree } from '../git/worktree';
import { reach, readGraph, type Graph } from './ancestry';
import { findReplaced } from './replaced';
import { readSteps, type Step } from './reflog';
import { isApplied } from './stashApplied';

/** At most so many commits are looked at that nothing holds. */
const commitLimit = 20_000;

/** A name whose commits were lost outside Belay: nothing of the user's holds them any more. */
export interface Fallen {
  readonly what: FallenKind;
  /** What lost them: `refs/heads/…`, `refs/tags/…`, `refs/stash`, `HEAD`; of a worktree that went, its key. */
  readonly from: string;
  /** The newest of its commits. */
  readonly tip: string;
  /** Those that were lost with it and with nothing before it, newest first. */
  readonly commits: readonly string[];
  /** How many commits below the tip no reference outside of `refs/belay` reaches. */
  readonly lost: number;
  /** How it came: in git's own words, where its logs tell. */
  readonly how: string;
}

/** Where to look, and what not to tell of again. */
export interface Search {
  /** What names have left, as comparing what they name has shown: also where no log tells of it. */
  readonly left: readonly Left[];
  /** Commits that the person was told of before. */
  readonly told: readonly string[];
  /** git's logs of HEAD and the branches are read from then on, in milliseconds; undefined: not at all. */
  readonly since: number | undefined;
  /** Steps of the logs from then on are left to others. */
  readonly until: number;
  /** HEAD's commit at the last checkpoint. */
  readonly base: string | undefined;
}

/** What git's log calls a step that puts new commits in the place of old ones: those are not dropped. */
const replacing =
  /^(?:commit \(amend\)|rebase|filter-branch|belay$|[^:]*\((?:start|pick|continue|finish|abort|skip|reword|edit|squash|fixup)\):)/;

/**
 * Finds lost commits: by what names have left, and in the logs of HEAD and of the branches that no other worktree has checked
 * out, where also is what came and went between two looks. Commits that were replaced (amended, rebased, squashed into one with
 * the same files) are not meant, nor what a branch, tag, remote branch, HEAD of any worktree or backup holds.
 */
export async function findFallen(worktree: Worktree, search: Search): Promise<Fallen[]> {
  const { since, until, base } = search;
  const steps =
    since === undefined
      ? []
      : // The logs know seconds only: a step of the same second may be either's.
        (await readSteps(worktree, since)).filter(({ time }) => (time + 1) * 1000 <= until);
  const starts = new Set([
    ...steps.map(({ from }) => from),
    ...(base === undefined ? [] : [base]),
    ...search.left.flatMap(({ was }) => was.commit ?? []),
  ]);
  const loose = await notHeld(worktree, [...starts]);
  if (loose.size === 0) {
    return [];
  }
  const backups = (await listBackups(worktree)).map(({ tip }) => tip);
  const known = reach([...search.told, ...backups], loose);
  const hanging = new Map([...loose].filter(([oid]) => !known.has(oid)));
  if (hanging.size === 0) {
    return [];
  }
  const byLogs = await lastSteps(worktree, steps, base, hanging);
  const named = byName(search.left, hanging, byLogs);
  const logged = byLog(hanging, byLogs, new Set(named.flatMap(({ commits }) => commits)));
  const found = [...named, ...logged];
  const replaced = await findReplaced(
    worktree,
    found.filter(({ what }) => what !== 'stash'),
    hanging,
  );
  const fallen: Fallen[] = [];
  for (const one of found) {
    const commits = one.commits.filter((oid) => !replaced.has(oid) && byLogs.get(oid)?.replaced !== true);
    const [tip] = commits.includes(one.tip) ? [one.tip] : commits;
    if (tip === undefined || (one.what === 'stash' && (await isApplied(worktree, tip)))) {
      continue;
    }
    fallen.push({ ...one, tip, commits, lost: reach([tip], loose).size });
  }
  return fallen;
}

/** Commits that nothing of the user's holds, newest first, with their parents. */
export type Loose = Graph;
type Candidate = Omit<Fallen, 'lost'>;

/** The last that git's logs tell of a commit, and whether it was replaced by that. */
interface Last {
  readonly step: Step;
  readonly replaced: boolean;
}

const ranks: readonly FallenKind[] = ['branch', 'tag', 'stash', 'worktree', 'head'];

/** What names have left; what two of them have left counts for the first. */
function byName(left: readonly Left[], hanging: Loose, byLogs: ReadonlyMap<string, Last>): Candidate[] {
  const counted = new Set<string>();
  return left
    .map((one) => ({ ...one, ...placeOf(one) }))
    .sort((a, b) => ranks.indexOf(a.what) - ranks.indexOf(b.what))
    .flatMap(({ what, from, was, now }): Candidate[] => {
      const tip = was.commit;
      if (tip === undefined || !hanging.has(tip)) {
        return [];
      }
      const commits = inOrder(reach([tip], hanging, counted), hanging);
      commits.forEach((oid) => counted.add(oid));
      const how = byLogs.get(tip)?.step.how ?? consequence(what, from, now !== undefined);
      return commits.length === 0 ? [] : [{ what, from, tip, commits, how }];
    });
}

function placeOf({ name, now }: Left): { readonly what: FallenKind; readonly from: string } {
  const from = Buffer.from(name, 'latin1').toString('utf8');
  if (name.startsWith('refs/heads/')) {
    return { what: 'branch', from };
  }
  if (name.startsWith('refs/tags/')) {
    return { what: 'tag', from };
  }
  if (name.startsWith('stash/')) {
    return { what: 'stash', from: 'refs/stash' };
  }
  return now === undefined
    ? { what: 'worktree', from: from.replace(/^worktree\//, '') }
    : { what: 'head', from: 'HEAD' };
}

function consequence(what: FallenKind, from: string, there: boolean): string {
  switch (what) {
    case 'branch':
    case 'tag':
      return `the ${what} ${shortOf(from)} was ${there ? 'moved' : 'deleted'}`;
    case 'stash':
      return 'an entry of the stash was dropped';
    case 'worktree':
      return `the worktree ${from} went`;
    case 'head':
      return 'HEAD left it';
  }
}

/** The name of a branch or tag as people call it. */
export function shortOf(from: string): string {
  return from.replace(/^refs\/(?:heads|tags|remotes)\//, '');
}

/** What only the logs tell of: one for each line of commits. */
function byLog(hanging: Loose, byLogs: ReadonlyMap<string, Last>, counted: ReadonlySet<string>): Candidate[] {
  const commits = [...hanging.keys()].filter(
    (oid) => !counted.has(oid) && byLogs.get(oid)?.replaced === false,
  );
  const below = new Set(commits.flatMap((oid) => hanging.get(oid) ?? []));
  return commits
    .filter((oid) => !below.has(oid))
    .flatMap((tip): Candidate[] => {
      const step = byLogs.get(tip)?.step;
      const own = reach([tip], hanging, counted);
      return step === undefined
        ? []
        : [
            {
              what: step.ref === 'HEAD' ? 'head' : 'branch',
              from: step.ref,
              tip,
              commits: commits.filter((oid) => own.has(oid)),
              how: step.how,
            },
          ];
    });
}

async function lastSteps(
  worktree: Worktree,
  steps: readonly Step[],
  base: string | undefined,
  hanging: Loose,
): Promise<ReadonlyMap<string, Last>> {
  const squashed = await squashedSteps(worktree, steps, hanging);
  const last = new Map<string, Step>();
  for (const step of steps) {
    for (const oid of droppedBy(step, hanging)) {
      last.set(oid, step);
    }
  }
  if (base !== undefined && hanging.has(base) && !last.has(base)) {
    // No log tells of it: they may be switched off.
    const how = 'a branch was moved or deleted';
    const step = { from: base, to: undefined, ref: 'HEAD', how, time: 0, log: 'HEAD' };
    for (const oid of droppedBy(step, hanging)) {
      last.set(oid, last.get(oid) ?? step);
    }
  }
  return new Map(
    Array.from(last, ([oid, step]) => [
      oid,
      { step, replaced: replacing.test(step.how) || squashed.has(step) },
    ]),
  );
}

/**
 * The commits at and below these that nothing of the user's holds, newest first, with their parents. Belay's own references hold
 * them only until they are dropped; a stash is no place for commits.
 */
export async function notHeld(worktree: Worktree, starts: readonly string[]): Promise<Loose> {
  if (starts.length === 0) {
    return new Map();
  }
  try {
    const text = await worktree.git.text({
      args: [
        'rev-list',
        '--topo-order',
        '--parents',
        '--ignore-missing',
        `--max-count=${commitLimit}`,
        '--stdin',
        '--not',
        '--exclude=refs/belay/*',
        '--exclude=refs/stash',
        '--exclude=refs/bisect/*',
        '--exclude=refs/rewritten/*',
        '--all',
      ],
      cwd: worktree.root,
      input: starts.map((oid) => `${oid}\n`).join(''),
    });
    return readGraph(text);
  } catch (thrown) {
    if (thrown instanceof GitError && thrown.failure === 'object_missing') {
      // What they stood on was cleared away already: nothing of them can be brought back whole.
      return new Map();
    }
    throw thrown;
  }
}

function inOrder(oids: ReadonlySet<string>, hanging: Loose): string[] {
  return oids.size < 2 ? [...oids] : [...hanging.keys()].filter((oid) => oids.has(oid));
}

/** What a step left behind: what its start holds and its end does not. */
function droppedBy({ from, to }: Step, hanging: Loose): ReadonlySet<string> {
  return hanging.has(from) ? reach([from], hanging, reach(to === undefined ? [] : [to], hanging)) : new Set();
}

/** The resets after which the very same files were committed again: their commits were replaced, by one or by others. */
async function squashedSteps(
  worktree: Worktree,
  steps: readonly Step[],
  hanging: Loose,
): Promise<ReadonlySet<Step>> {
  const resets = steps.filter(({ from, how }) => hanging.has(from) && how.startsWith('reset:'));
  const later = steps.filter(({ how }) => how.startsWith('commit'));
  if (resets.length === 0 || later.length === 0) {
    return new Set();
  }
  const names = [
    ...resets.flatMap(({ from, to }) => [from, to ?? from]),
    ...later.flatMap(({ to }) => to ?? []),
  ];
  const distinct = [...new Set(names)];
  const infos = await worktree.plumbing.infos(distinct.map((oid) => `${oid}^{tree}`));
  const treeOf = new Map(distinct.map((oid, index) => [oid, infos[index]?.oid]));
  return new Set(
    resets.filter((reset) => {
      const tree = treeOf.get(reset.from);
      // Commits without a change leave the files unchanged; nothing then tells that they were replaced.
      const changed = tree !== treeOf.get(reset.to ?? reset.from);
      return later.some(
        (commit) =>
          commit.log === reset.log &&
          steps.indexOf(commit) > steps.indexOf(reset) &&
          changed &&
          tree !== undefined &&
          treeOf.get(commit.to ?? '') === tree,
      );
    }),
  );
}
