import type { Worktree } from '../git/worktree';
import { GitError } from '../git/errors';
import { readSteps, type Step } from './reflog';

/** At most so many commits are looked at that nothing holds. */
const commitLimit = 5_000;

/** Commits that fell off a branch, or HEAD, without Belay's doing, and that nothing holds any more. */
export interface Fallen {
  /** The newest of each line of them. */
  readonly tips: readonly string[];
  /** All of them, newest first. */
  readonly commits: readonly string[];
  /** The branch that lost the first of them; undefined when HEAD was detached. */
  readonly branch: string | undefined;
  /** How it came, in git's own words. */
  readonly how: string;
}

/** What is known of a worktree from before. */
export interface Known {
  /** HEAD's commit at the last checkpoint. */
  readonly base: string | undefined;
  /** When Belay began to look after the worktree, in milliseconds: what fell before is not its matter. */
  readonly since: number;
}

/** What git's log calls a step that puts new commits in the place of old ones: those are not dropped. */
const replacing =
  /^(?:commit \(amend\)|rebase|filter-branch|belay$|[^:]*\((?:start|pick|continue|finish|abort|skip|reword|edit|squash|fixup)\):)/;

/**
 * Finds them in the logs of HEAD and of the branches that no other worktree has checked out. Commits that were replaced
 * (amended, rebased, squashed into one with the same files) are not meant, nor what a branch, tag, remote branch, HEAD of
 * any worktree or backup holds. One call of git where nothing hangs.
 */
export async function findFallen(worktree: Worktree, { base, since }: Known): Promise<Fallen | undefined> {
  const steps = await readSteps(worktree, since);
  const starts = new Set([...steps.map(({ from }) => from), ...(base === undefined ? [] : [base])]);
  const hanging = await notHeld(worktree, [...starts]);
  if (hanging.size === 0) {
    return undefined;
  }
  const squashed = await squashedSteps(worktree, steps, hanging);
  const last = new Map<string, Step>();
  for (const step of steps) {
    for (const oid of droppedBy(step, hanging)) {
      last.set(oid, step);
    }
  }
  if (base !== undefined && hanging.has(base) && !last.has(base)) {
    // No log tells of it: they may be switched off.
    const step = {
      from: base,
      to: undefined,
      ref: 'HEAD',
      how: 'a branch was moved or deleted',
      time: 0,
      log: 'HEAD',
    };
    for (const oid of droppedBy(step, hanging)) {
      last.set(oid, last.get(oid) ?? step);
    }
  }
  const isFallen = (oid: string): boolean => {
    const step = last.get(oid);
    return step !== undefined && !replacing.test(step.how) && !squashed.has(step);
  };
  const commits = [...hanging.keys()].filter(isFallen);
  const below = new Set(commits.flatMap((oid) => hanging.get(oid) ?? []));
  const tips = commits.filter((oid) => !below.has(oid));
  const [first] = tips;
  const step = first === undefined ? undefined : last.get(first);
  return step === undefined
    ? undefined
    : { tips, commits, branch: step.ref === 'HEAD' ? undefined : step.ref, how: step.how };
}

/** The commits at and below these that nothing holds, newest first, with their parents. */
async function notHeld(
  worktree: Worktree,
  starts: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
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
        // Belay's own references hold them only until its checkpoints are dropped; a stash is no place for commits.
        '--exclude=refs/belay/*',
        '--exclude=refs/stash',
        '--exclude=refs/bisect/*',
        '--exclude=refs/rewritten/*',
        '--all',
        '--glob=refs/belay/backup',
      ],
      cwd: worktree.root,
      input: starts.map((oid) => `${oid}\n`).join(''),
    });
    return new Map(
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line): [string, string[]] => {
          const [oid = '', ...parents] = line.split(' ');
          return [oid, parents];
        }),
    );
  } catch (thrown) {
    if (thrown instanceof GitError && thrown.failure === 'object_missing') {
      // What they stood on was cleared away already: nothing of them can be brought back whole.
      return new Map();
    }
    throw thrown;
  }
}

/** What a step left behind: what its start holds and its end does not. */
function droppedBy({ from, to }: Step, hanging: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reach = (start: string | undefined, without: ReadonlySet<string>): Set<string> => {
    const found = new Set<string>();
    const queue = start === undefined ? [] : [start];
    for (let oid = queue.pop(); oid !== undefined; oid = queue.pop()) {
      const parents = hanging.get(oid);
      if (parents !== undefined && !found.has(oid) && !without.has(oid)) {
        found.add(oid);
        queue.push(...parents);
      }
    }
    return found;
  };
  return hanging.has(from) ? reach(from, reach(to, new Set())) : new Set();
}

/** The resets after which the very same files were committed again: their commits were replaced, by one or by others. */
async function squashedSteps(
  worktree: Worktree,
  steps: readonly Step[],
  hanging: ReadonlyMap<string, readonly string[]>,
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
      // Commits without a change leave the files as they are; nothing then tells that they were replaced.
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
