import * as vscode from 'vscode';
import { BelayError } from '../../../errors';
import { settlementOf, type FanOutOutcome } from '../../../fanout/outcome';
import { failureText } from '../../platform/failure';
import { inertLine } from '../../platform/text/inert';
import { shortOid } from '../../platform/text/words';
import { movedSentences } from '../../platform/text/toldWords';

/** How a worktree came out of a fan-out, in a sentence or two. `name` is that of the worktree, `pin` that of the pin, inert. */
export function fanOutWords(outcome: FanOutOutcome, name: string, pin: string): string {
  const said = outcome.words === undefined ? '' : inertLine(outcome.words, 300);
  return [
    caseWords(outcome, name, pin),
    saysMore(outcome) ? said : '',
    ...savedSentences(outcome),
    ...movedSentences(outcome.moved ?? []),
  ]
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

function caseWords({ outcome, reason, words }: FanOutOutcome, name: string, pin: string): string {
  switch (outcome) {
    case 'on_pin':
      return vscode.l10n.t('{0} was already on {1}.', name, pin);
    case 'fast_forwarded':
      return vscode.l10n.t('{0} was fast-forwarded to {1}.', name, pin);
    case 'moved_to_pin':
      return vscode.l10n.t('{0} was moved to {1}. Its previous position is in a backup.', name, pin);
    case 'diverged_rebased':
      return vscode.l10n.t('{0} was rebased onto {1}. Its original commits are in a backup.', name, pin);
    case 'ahead':
      return vscode.l10n.t('{0} already has its own commits on top of {1}.', name, pin);
    case 'diverged_recovered_by_reset':
      return vscode.l10n.t(
        '{0} conflicted with {1} and was reset to it. Its commits are in a backup, and you need to confirm this.',
        name,
        pin,
      );
    case 'diverged_held':
      return vscode.l10n.t('{0} conflicts with {1} and keeps its commits.', name, pin);
    case 'held':
      return vscode.l10n.t('{0} needs you.', name);
    case 'in_progress':
      return vscode.l10n.t(
        '{0} was not moved to {1}: first finish or abort the git operation in progress there.',
        name,
        pin,
      );
    case 'missing':
      return vscode.l10n.t('{0} was skipped: its folder is missing.', name);
    case 'half_filled':
      return vscode.l10n.t(
        '{0} was not moved to {1}, because it is unfinished. Run the health check to remove it.',
        name,
        pin,
      );
    case 'fell_back_to_upstream':
      return vscode.l10n.t(
        '{0} is not on {1}, whose commit is not available there; its branch follows its own upstream instead.',
        name,
        pin,
      );
    case 'not_fetched':
      return vscode.l10n.t('{0} was not moved to {1}, because the commit could not be fetched.', name, pin);
    case 'moved_elsewhere':
      return vscode.l10n.t('{0} is no longer on {1}.', name, pin);
    case 'cancelled':
      return vscode.l10n.t('{0}: you cancelled.', name);
    case 'refused':
    case 'failed':
      return vscode.l10n.t(
        '{0}: {1}',
        name,
        reason === undefined ? inertLine(words ?? '', 400) : failureText(new BelayError(reason, words ?? '')),
      );
  }
}

/** Where the core's own sentence tells something that is not said yet. */
function saysMore({ outcome }: FanOutOutcome): boolean {
  switch (outcome) {
    case 'fell_back_to_upstream':
    case 'not_fetched':
    case 'moved_elsewhere':
    case 'moved_to_pin':
    case 'fast_forwarded':
    case 'diverged_rebased':
    case 'diverged_recovered_by_reset':
    case 'diverged_held':
    case 'half_filled':
      return true;
    case 'on_pin':
    case 'ahead':
    case 'held':
    case 'in_progress':
    case 'missing':
    case 'cancelled':
    case 'refused':
    case 'failed':
      return false;
  }
}
