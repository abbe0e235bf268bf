import * as vscode from 'vscode';
import { BelayError } from '../../../errors';
import { settlementOf, type FanOutOutcome } from '../../../fanout/fanOutOutcome';
import { failureText } from '../../platform/failure';
import { inertLine } from '../../platform/text/inert';
import { shortOid } from '../../platform/text/words';
import { movedSentences } from '../../platform/text/toldWords';

/** How a worktree came out of a fan-out, in a sentence or two. `name` is that of the worktree, `pin` that of the pin, inert. */
export function fanOutWords(outcome: FanOutOutcome, name: string, pin: string): string {
  const said = outcome.message === undefined ? '' : inertLine(outcome.message, 300);
  const [what, more] = caseWords(outcome, name, pin);
  return [what, more ? said : '', ...savedSentences(outcome), ...movedSentences(outcome.moved ?? [])]
    .filter((part) => part !== '')
    .join(' ');
}

/** What was written where a worktree is not on the pin, or waits: the other sentences tell of their backups themselves. */
function savedSentences({ outcome, checkpoint, backup }: FanOutOutcome): string[] {
  if (settlementOf({ outcome }) === 'done' || outcome === 'diverged_recovered_by_reset') {
    return [];
  }
  return [
    ...(checkpoint === undefined ? [] : [vscode.l10n.t('Saved as checkpoint {0}.', shortOid(checkpoint))]),
    ...(backup === undefined ? [] : [vscode.l10n.t('Commits are saved as {0}.', inertLine(backup, 200))]),
  ];
}

/** What became of it, and whether the core's own sentence tells something beyond that. */
function caseWords(
  { outcome, reason, message: words }: FanOutOutcome,
  name: string,
  pin: string,
): [said: string, more: boolean] {
  const why = vscode.l10n.t(
    '{0}: {1}',
    name,
    reason === undefined ? inertLine(words ?? '', 400) : failureText(new BelayError(reason, words ?? '')),
  );
  const cases: Record<FanOutOutcome['outcome'], [string, boolean]> = {
    on_pin: [vscode.l10n.t('{0} was already on {1}.', name, pin), false],
    fast_forwarded: [vscode.l10n.t('{0} was fast-forwarded to {1}.', name, pin), true],
    moved_to_pin: [
      vscode.l10n.t('{0} was moved to {1}. Its previous position is in a backup.', name, pin),
      true,
    ],
    diverged_rebased: [
      vscode.l10n.t('{0} was rebased onto {1}. Its original commits are in a backup.', name, pin),
      true,
    ],
    ahead: [vscode.l10n.t('{0} already has its own commits on top of {1}.', name, pin), false],
    diverged_recovered_by_reset: [
      vscode.l10n.t(
        '{0} conflicted with {1} and was reset to it. Its commits are in a backup, and you need to confirm this.',
        name,
        pin,
      ),
      true,
    ],
    diverged_held: [vscode.l10n.t('{0} conflicts with {1} and keeps its commits.', name, pin), true],
    held: [vscode.l10n.t('{0} needs you.', name), false],
    in_progress: [
      vscode.l10n.t(
        '{0} was not moved to {1}: first finish or abort the git operation in progress there.',
        name,
        pin,
      ),
      false,
    ],
    missing: [vscode.l10n.t('{0} was skipped: its folder is missing.', name), false],
    half_filled: [
      vscode.l10n.t(
        '{0} was not moved to {1}, because it is unfinished. Run the health check to remove it.',
        name,
        pin,
      ),
      true,
    ],
    fell_back_to_upstream: [
      vscode.l10n.t(
        '{0} is not on {1}, whose commit is not available there; its branch follows its own upstream instead.',
        name,
        pin,
      ),
      true,
    ],
    not_fetched: [
      vscode.l10n.t('{0} was not moved to {1}, because the commit could not be fetched.', name, pin),
      true,
    ],
    moved_elsewhere: [vscode.l10n.t('{0} is no longer on {1}.', name, pin), true],
    cancelled: [vscode.l10n.t('{0}: you cancelled.', name), false],
    refused: [why, false],
    failed: [why, false],
  };
  return cases[outcome];
}
