import * as vscode from 'vscode';
import { BelayError } from '../../../errors';
import { settlementOf, type FanOutOutcome } from '../../../fanout/outcome';
import { failureText } from '../../platform/failure';
import { inertLine } from '../../platform/text/inert';
import { movedSentences, shortOid } from '../../platform/text/words';

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
      return vscode.l10n.t('{0} was on {1} already.', name, pin);
    case 'fast_forwarded':
      return vscode.l10n.t('{0} was fast-forwarded to {1}.', name, pin);
    case 'moved_to_pin':
      return vscode.l10n.t('{0} was moved to {1}. A backup holds where it was.', name, pin);
    case 'diverged_rebased':
      return vscode.l10n.t(
        '{0} has its own commits on top of {1} now. A backup holds them as they were.',
        name,
        pin,
      );
    case 'ahead':
      return vscode.l10n.t('{0} has its own commits on top of {1} already.', name, pin);
    case 'diverged_recovered_by_reset':
      return vscode.l10n.t(
        '{0} conflicted with {1} and was reset to it. A backup holds its commits, and it waits for you.',
        name,
        pin,
      );
    case 'diverged_held':
      return vscode.l10n.t('{0} conflicts with {1} and keeps its commits.', name, pin);
    case 'held':
      return vscode.l10n.t('{0} waits for you.', name);
    case 'in_progress':
      return vscode.l10n.t(
        '{0} was not brought to {1}: finish or abort first what git has under way there.',
        name,
        pin,
      );
    case 'missing':
      return vscode.l10n.t('{0} is not there: its folder is missing.', name);
    case 'half_filled':
      return vscode.l10n.t(
        '{0} was not brought to {1}, because it was never completed. Run the doctor to remove what is left of it.',
        name,
        pin,
      );
    case 'fell_back_to_upstream':
      return vscode.l10n.t(
        '{0} is not on {1}, whose commit cannot be had there; its branch goes by its own upstream instead.',
        name,
        pin,
      );
    case 'not_fetched':
      return vscode.l10n.t(
        '{0} was not brought to {1}, because the remote could not be asked for the commit.',
        name,
        pin,
      );
    case 'moved_elsewhere':
      return vscode.l10n.t('{0} is not on {1} any more.', name, pin);
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
