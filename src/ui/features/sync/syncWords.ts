import * as vscode from 'vscode';
import type { Ledger } from '../../../ledger';
import { leftOutWords } from '../../../sync/commitWords';
import type { SyncOutcome } from '../../../sync/syncOutcome';
import { inertLine } from '../../platform/text/inert';
import { toldSentences, movedSentences } from '../../platform/text/toldWords';
import { sentences, shortOid } from '../../platform/text/words';
import { plural } from '../../platform/text/counts';

/**
 * How a sync ended, in a sentence or two; where a branch keeps its commits, also what was done all the same and what is as before.
 * `name` is that of the worktree, inert.
 */
export function outcomeWords(outcome: SyncOutcome, ledger: Ledger, name: string): string {
  const to = outcome.to === undefined ? '?' : shortOid(outcome.to);
  const said = outcome.message === undefined ? '' : inertLine(outcome.message, 1_000);
  const [what, more] = caseWords(outcome, name, to);
  return sentences(
    what,
    inertLine(leftOutWords(outcome.leftOut, vscode.l10n), 1_000),
    more ? said : '',
    ...(outcome.case === 'diverged_held' ? toldSentences(ledger) : movedSentences(outcome.moved ?? [])),
  );
}

/** What became of it, and whether the core's own sentence tells something beyond that. */
function caseWords(outcome: SyncOutcome, name: string, to: string): [said: string, more: boolean] {
  const cases: Record<SyncOutcome['case'], [string, boolean]> = {
    up_to_date: [vscode.l10n.t('{0} is up to date with its upstream.', name), true],
    fast_forwarded: [vscode.l10n.t('{0} was fast-forwarded to {1}.', name, to), true],
    local_ahead: [vscode.l10n.t('{0} only has commits that its upstream does not have yet.', name), true],
    diverged_rebased: [
      vscode.l10n.t(
        '{0} was rebased onto its upstream and is at {1}. Its original commits are in a backup.',
        name,
        to,
      ),
      true,
    ],
    diverged_recovered_by_reset: [
      vscode.l10n.t(
        '{0} was reset to its upstream, which dropped {1}. They are in a backup, and you need to confirm this.',
        name,
        plural(outcome.dropped.length, 'commit'),
      ),
      true,
    ],
    diverged_held: [vscode.l10n.t('{0} conflicts with its upstream and keeps its commits.', name), true],
    not_fetched: [vscode.l10n.t('{0} was not synced, because its remote could not be reached.', name), true],
    no_upstream: [vscode.l10n.t('{0} was not synced: its branch has no upstream.', name), false],
    upstream_gone: [vscode.l10n.t('{0} was not synced: its upstream branch is gone.', name), true],
    in_progress: [
      vscode.l10n.t('{0} was not synced: first finish or abort the git operation in progress there.', name),
      true,
    ],
    detached: [vscode.l10n.t('{0} was not synced: it is on no branch.', name), false],
  };
  return cases[outcome.case];
}
