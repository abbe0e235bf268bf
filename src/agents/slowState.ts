import { pathText, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { isSlow, openIn } from './mark';
import { secondLookAt } from './secondLookProcess';
import { scanBudgetOf } from './hookSettings';
import { isPaused, readSlowness } from './slowness';

/** That looks take too long in a worktree, for all faces. */
export interface SlowState {
  /** What takes too long: the look itself, or storing some files. */
  readonly what: 'look' | 'files';
  /** The slow files, as far as they are known. */
  readonly paths: readonly GitPath[];
  /** In milliseconds. */
  readonly budgetMs: number;
  /** Since when, and when hooks try again, in milliseconds since 1970; undefined where that could not be put down. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  /** Hooks do not try again yet. */
  readonly paused: boolean;
  /** Something is not covered for it. */
  readonly waits: boolean;
  /** The process that finishes it is at work. */
  readonly running: boolean;
}

/** How it is; undefined where looks fit, and nothing waits. */
export async function slowState(worktree: Worktree): Promise<SlowState | undefined> {
  const slowness = await readSlowness(worktree);
  const open = (await openIn(worktree)).filter(isSlow);
  if (slowness === undefined && open.length === 0) {
    return undefined;
  }
  return {
    what: slowness?.what ?? (open.some(({ why }) => why === 'scan_too_long') ? 'look' : 'files'),
    paths: slowness?.paths ?? [],
    budgetMs: scanBudgetOf(worktree),
    since: slowness?.since,
    until: slowness?.until,
    paused: isPaused(slowness),
    waits: open.length > 0,
    running: (await secondLookAt(worktree)) !== undefined,
  };
}

/** How many files a sentence names. */
const named = 3;

/** What a person is told of it, with the slow files and the setting. */
export function slowWords(state: SlowState): string {
  const budget = `belay.scanBudget allows (${state.budgetMs / 1_000} seconds)`;
  const parts = [
    state.what === 'look'
      ? `Looking at the whole worktree takes longer than ${budget}.`
      : `Some files take longer to store than ${budget}${filesOf(state.paths)}.`,
    state.waits
      ? 'The hooks of agents go on without, and only what they name is sure to be covered; the rest is not covered yet.'
      : 'The hooks of agents go on without for a while; all that they had no time for is covered by now.',
    ...(state.running ? ['A process in the background finishes it.'] : []),
    ...(state.paused && state.until !== undefined
      ? [`Hooks try again at ${new Date(state.until).toISOString().slice(11, 16)} UTC.`]
      : []),
  ];
  return parts.join(' ');
}

function filesOf(paths: readonly GitPath[]): string {
  if (paths.length === 0) {
    return '';
  }
  const more = paths.length > named ? ` and ${paths.length - named} more` : '';
  return `: ${paths.slice(0, named).map(pathText).join(', ')}${more}`;
}
