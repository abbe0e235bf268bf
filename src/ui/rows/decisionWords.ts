import path from 'node:path';
import * as vscode from 'vscode';
import type { Decision, DecisionOption } from '../../decisions/decision';
import { pinName } from './worktreeWords';
import type { RepositoryModel } from '../state/repositoryModel';
import { inert, inertLine } from '../platform/text/inert';
import { branchName, shortOid } from '../platform/text/words';
import { plural } from '../platform/text/counts';

/** The pin that a branch was to be brought to, where it was not its upstream. */
function pinOf({ pin }: Decision): string | undefined {
  return pin === undefined ? undefined : pinName({ name: pin });
}

/** Where a branch was to be brought: "its upstream", or "the pin main". */
export function goalName(decision: Decision): string {
  const pin = pinOf(decision);
  return pin === undefined ? vscode.l10n.t('its upstream') : vscode.l10n.t('the pin {0}', pin);
}

/** What is known of where the branch was to be brought, as the name of a fact. */
export function goalFact(decision: Decision): string {
  const pin = pinOf(decision);
  return pin === undefined ? vscode.l10n.t('Upstream is at') : vscode.l10n.t('The pin {0} is at', pin);
}

/** What a decision is about, as the head of a row or page. */
export function caseTitle(decision: Decision): string {
  return decision.vanished === undefined
    ? titleOf(decision)
    : vscode.l10n.t('This question disappeared: {0}', titleOf(decision));
}

function titleOf(decision: Decision): string {
  return {
    diverged_recovered_by_reset: vscode.l10n.t('Belay reset a branch'),
    diverged_held: vscode.l10n.t('A branch conflicts with {0}', goalName(decision)),
    reset_failed: vscode.l10n.t('A reset failed'),
    external_reset: vscode.l10n.t('A branch lost commits'),
  }[decision.case];
}

/** What happened, in one sentence; why is the decision's own, see {@link whyWords}. */
export function caseSentence(decision: Decision): string {
  return decision.vanished === undefined
    ? sentenceOf(decision)
    : vscode.l10n.t('This question disappeared without an answer: {0}', sentenceOf(decision));
}

function sentenceOf(decision: Decision): string {
  const goal = goalName(decision);
  const branch = branchWords(decision);
  const commits = plural(droppedCount(decision), 'commit');
  return {
    diverged_recovered_by_reset: vscode.l10n.t(
      '{0} had diverged from {1} and could not be rebased, so Belay reset it and dropped {2}.',
      branch,
      goal,
      commits,
    ),
    diverged_held: vscode.l10n.t(
      '{0} has diverged from {1}, and {2} of it cannot be rebased, so Belay did not move it.',
      branch,
      goal,
      commits,
    ),
    reset_failed: vscode.l10n.t(
      '{0} could be neither rebased nor reset. Its commits ({1}) are in a backup.',
      branch,
      commits,
    ),
    external_reset: vscode.l10n.t(
      '{0} was moved outside Belay and lost {1}. Belay kept them in a backup.',
      branch,
      commits,
    ),
  }[decision.case];
}

/** What kept the commits from being rebased, or what was noticed. It names files and commits from outside. */
export function whyWords({ why }: Decision): string {
  return inertLine(why, 1_000);
}

export function branchWords({ branch }: Decision): string {
  return branch === undefined ? vscode.l10n.t('HEAD') : branchName(branch);
}

export function droppedCount({ dropped, droppedMore }: Decision): number {
  return dropped.length + droppedMore;
}

/** The worktree that a decision is about: its folder's name where that is known, else its key. */
export function worktreeName({ worktree }: Decision, model: RepositoryModel): string {
  return worktree === model.worktree.key ? inert(path.basename(model.root)) : inertLine(worktree, 60);
}

/** What an answer is called, on a button. */
export function optionLabel(option: DecisionOption, decision: Decision): string {
  return {
    continue: vscode.l10n.t('Continue'),
    abort: vscode.l10n.t('Abort'),
    reset_to_upstream:
      pinOf(decision) === undefined ? vscode.l10n.t('Reset to Upstream') : vscode.l10n.t('Reset to Pin'),
    keep_my_commits: vscode.l10n.t('Keep My Commits'),
    bring_my_commits_back: vscode.l10n.t('Bring My Commits Back'),
  }[option];
}

/** What an answer will do. */
export function optionEffect(option: DecisionOption, decision: Decision, held: number): string {
  const goal = goalName(decision);
  const sessions =
    held === 0
      ? vscode.l10n.t('No session is waiting.')
      : option === 'abort'
        ? vscode.l10n.t('Ends the waiting sessions ({0}) as cancelled: they must be started again.', held)
        : vscode.l10n.t(
            'The waiting sessions ({0}) can continue once they claim their write lock again.',
            held,
          );
  const backup = vscode.l10n.t('The backup stays.');
  const stays = vscode.l10n.t('Keeps the branch and the files in their current state.');
  const goesOn = vscode.l10n.t('Continues from {0} with the current branch and files.', goal);
  return {
    continue: [decision.case === 'external_reset' ? stays : goesOn, backup, sessions],
    abort: [stays, backup, sessions],
    reset_to_upstream: [
      vscode.l10n.t(
        'Takes a checkpoint and a backup, then resets branch and files to {0}: {1} and uncommitted changes are removed from the branch.',
        goal,
        plural(droppedCount(decision), 'commit'),
      ),
      sessions,
    ],
    keep_my_commits: [
      vscode.l10n.t('Changes nothing. You reconcile the branch with {0} yourself.', goal),
      held === 0 ? sessions : vscode.l10n.t('The waiting sessions ({0}) can continue.', held),
    ],
    bring_my_commits_back: [bringBackEffect(decision), sessions],
  }[option].join(' ');
}

function bringBackEffect(decision: Decision): string {
  const branch = branchWords(decision);
  return decision.to === undefined
    ? vscode.l10n.t('Recreates {0} with {1}.', branch, plural(droppedCount(decision), 'commit'))
    : vscode.l10n.t(
        'Moves {0} back to where it was; if it has new commits by now, applies {1} on top if there are no conflicts. Takes a checkpoint first and keeps uncommitted changes.',
        branch,
        plural(droppedCount(decision), 'commit'),
      );
}

/** Where the commits are that were brought back, in one sentence. */
export function broughtWords({ bringing }: Decision): string {
  const ends = bringing.map(({ ref, to }) =>
    vscode.l10n.t('{0} is now at {1}', ref === 'HEAD' ? ref : branchName(ref), shortOid(to)),
  );
  return ends.length === 0
    ? vscode.l10n.t('The commits were already where they belong.')
    : vscode.l10n.t('{0}. Uncommitted changes were kept.', ends.join(', '));
}
