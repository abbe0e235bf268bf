import * as vscode from 'vscode';
import type { Ledger } from '../../../ledger';
import { leftOutWords } from '../../../sync/commitWords';
import type { SyncOutcome } from '../../../sync/outcome';
import { inertLine } from '../../platform/text/inert';
import { toldSentences, movedSentences } from '../../platform/text/toldWords';
import { shortOid } from '../../platform/text/words';
import { plural } from '../../platform/text/counts';

/**
 * How a sync ended, in a sentence or two; where a branch keeps its commits, also what was done all the same and what is as before.
 * `name` is that of the worktree, inert.
 */
export function outcomeWords(outcome: SyncOutcome, ledger: Ledger, name: string): string {
  const to = outcome.to === undefined ? '?' : shortOid(outcome.to);
  const said = outcome.words === undefined ? '' : inertLine(outcome.words, 1_000);
  return [
    caseWords(outcome, name, to),
    inertLine(leftOutWords(outcome.leftOut, vscode.l10n), 1_000),
    saysMore(outcome) ? said : '',
    ...(outcome.case === 'diverged_held' ? toldSentences(ledger) : movedSentences(outcome.moved ?? [])),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function caseWords(outcome: SyncOutcome, name: string, to: string): string {
  switch (outcome.case) {
    case 'up_to_date':
      return vscode.l10n.t('{0} is up to date with its upstream.', name);
    case 'fast_forwarded':
      return vscode.l10n.t('{0} was fast-forwarded to {1}.', name, to);
    case 'local_ahead':
      return vscode.l10n.t('{0} only has commits that its upstream does not have yet.', name);
    case 'diverged_rebased':
      return vscode.l10n.t(
        '{0} was rebased onto its upstream and is at {1}. Its original commits are in a backup.',
        name,
        to,
      );
    case 'diverged_recovered_by_reset':
      return vscode.l10n.t(
        '{0} was reset to its upstream, which dropped {1}. They are in a backup, and you need to confirm this.',
        name,
        plural(outcome.dropped.length, 'commit'),
      );
    case 'diverged_held':
      return vscode.l10n.t('{0} conflicts with its upstream and keeps its commits.', name);
    case 'not_fetched':
      return vscode.l10n.t('{0} was not synced, because its remote could not be reached.', name);
    case 'no_upstream':
      return vscode.l10n.t('{0} was not synced: its branch has no upstream.', name);
    case 'upstream_gone':
      return vscode.l10n.t('{0} was not synced: its upstream branch is gone.', name);
    case 'in_progress':
      return vscode.l10n.t(
        '{0} was not synced: first finish or abort the git operation in progress there.',
        name,
      );
    case 'detached':
      return vscode.l10n.t('{0} was not synced: it is on no branch.', name);
  }
}

/** Where the core's own sentence tells something that is not said yet. */
function saysMore({ case: what }: SyncOutcome): boolean {
  switch (what) {
    case 'up_to_date':
    case 'fast_forwarded':
    case 'local_ahead':
    case 'diverged_rebased':
    case 'diverged_recovered_by_reset':
    case 'diverged_held':
    case 'not_fetched':
    case 'upstream_gone':
    case 'in_progress':
      return true;
    case 'no_upstream':
    case 'detached':
      return false;
  }
}
