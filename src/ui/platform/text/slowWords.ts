import * as vscode from 'vscode';
import type { SlowState } from '../../../agents/slowState';
import { pathText } from '../../../git/path';
import { inertLine } from './inert';
import { exactTime } from './time';

/** How many slow files are named. */
const named = 5;

/** What a person is told where looks at the whole worktree take too long: what of it, what that means, the setting. */
export function slowDetails({ what, paths, budgetMs, waits, running, paused, until }: SlowState): string[] {
  const names = paths.slice(0, named).map((one) => inertLine(pathText(one), 80));
  const more = paths.length - names.length;
  return [
    what === 'look'
      ? vscode.l10n.t(
          'Scanning the whole worktree takes longer than belay.scanBudget allows ({0} s).',
          budgetMs / 1_000,
        )
      : vscode.l10n.t(
          'Some files take longer to store than belay.scanBudget allows ({0} s).',
          budgetMs / 1_000,
        ),
    ...(names.length === 0 ? [] : [names.join(', ')]),
    ...(more > 0 ? [vscode.l10n.t('and {0} more', more)] : []),
    waits
      ? vscode.l10n.t(
          "Agents' hooks continue without it: until a full scan has finished, only the files that they name are sure to be saved.",
        )
      : vscode.l10n.t('Everything that hooks had no time for has been saved since.'),
    ...(running ? [vscode.l10n.t('A background process is catching up.')] : []),
    ...(paused && until !== undefined ? [vscode.l10n.t('Hooks try again at {0}.', exactTime(until))] : []),
  ];
}
