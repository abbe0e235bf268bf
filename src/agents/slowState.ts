import { pathText, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { english, type Localizer } from '../localizer';
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

/** What a person is told of it, a sentence each: the setting, the slow files, what that means, and when hooks try again. */
export function slowSentences(
  l10n: Localizer,
  { what, paths, budgetMs, waits, running, paused, until }: SlowState,
  shown: (name: GitPath) => string,
  timeText: (time: number) => string,
): string[] {
  const names = paths.slice(0, named).map(shown).join(', ');
  const more = paths.length - named;
  return [
    what === 'look'
      ? l10n.t(
          'Scanning the whole worktree takes longer than belay.scanBudget allows ({0} s).',
          budgetMs / 1_000,
        )
      : l10n.t('Some files take longer to store than belay.scanBudget allows ({0} s).', budgetMs / 1_000),
    ...(names === ''
      ? []
      : [l10n.t('Slow files: {0}.', more > 0 ? l10n.t('{0} and {1} more', names, more) : names)]),
    waits
      ? l10n.t(
          "Agents' hooks continue without it: until a full scan has finished, only the files that they name are sure to be saved.",
        )
      : l10n.t('Everything that hooks had no time for has been saved since.'),
    ...(running ? [l10n.t('A background process is catching up.')] : []),
    ...(paused && until !== undefined ? [l10n.t('Hooks try again at {0}.', timeText(until))] : []),
  ];
}

/** The same for the command line, on one line. */
export function slowWords(state: SlowState): string {
  const timeText = (time: number): string => `${new Date(time).toISOString().slice(11, 16)} UTC`;
  return slowSentences(english, state, pathText, timeText).join(' ');
}
