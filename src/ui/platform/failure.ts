import * as vscode from 'vscode';
import { BelayError, messageOf } from '../../errors';
import { LeaseError } from '../../leases/error';
import type { Resource } from '../../leases/model';
import type { Reason } from '../../reasons';
import { OwnSessionLost } from './lostSession';
import { showErrorMessage, showInformationMessage, showWarningMessage } from './shown';
import { inertLine } from './text/inert';
import { leaseNowWords } from './text/leaseWords';
import { toldSentences } from './text/toldWords';
import { sessionName, shortOid } from './text/words';

/**
 * What a person in the editor can do next, where the words of the command line would send them to a terminal. Empty
 * where there is nothing to do.
 */
function nextInEditor(reason: Reason): string | undefined {
  switch (reason) {
    case 'usage':
    case 'invalid_session':
    case 'session_collision':
    case 'unsafe_repository':
    case 'refused_location':
    case 'branch_exists':
    case 'invalid_branch':
    case 'cancelled':
    case 'scan_too_long':
      return undefined;
    case 'invalid_path':
    case 'not_a_repository':
    case 'bare_repository':
      return vscode.l10n.t('Open a folder inside a git worktree.');
    case 'git_missing':
      return vscode.l10n.t('Install git, or name it in the setting belay.git.path.');
    case 'git_too_old':
      return vscode.l10n.t('Install git 2.38 or newer, or name another one in the setting belay.git.path.');
    case 'unknown_checkpoint':
      return vscode.l10n.t('Refresh the Sessions view and choose another checkpoint.');
    case 'unknown_worktree':
      return vscode.l10n.t('Refresh the Worktrees view.');
    case 'unknown_session':
    case 'unknown_lease':
    case 'invalid_lease':
      return vscode.l10n.t('Refresh the Sessions view and choose again.');
    case 'lease_lost':
    case 'lease_required':
      return vscode.l10n.t('The Sessions view shows who can write for it now.');
    case 'lease_held':
      return vscode.l10n.t('Wait until it is released or has ended, or take it over in its view.');
    case 'decision_pending':
      return vscode.l10n.t('Answer it first: it is at the top of the Belay sidebar, under Needs You.');
    case 'unknown_decision':
    case 'answer_refused':
    case 'reset_failed':
      return vscode.l10n.t('See the decision under Needs You in the Belay sidebar.');
    case 'cannot_pick':
      return vscode.l10n.t('Create a branch from the backup instead, and pick from it.');
    case 'unknown_backup':
      return vscode.l10n.t('Refresh the Backups view and choose again.');
    case 'move_incomplete':
      return vscode.l10n.t('Compare with the checkpoint taken before, and restore anything you are missing.');
    case 'branch_moved':
    case 'uncommitted_in_the_way':
    case 'unborn_branch':
    case 'branch_elsewhere':
    case 'sparse_checkout':
    case 'pin_unavailable':
    case 'worktree_incomplete':
    case 'not_fetched':
    case 'fan_out_running':
    case 'path_taken':
    case 'worktree_locked':
    case 'operation_under_way':
    case 'index_locked':
    case 'index_in_conflict':
    case 'index_changed':
    case 'index_not_written':
    case 'unknown_agent':
    case 'no_agents':
    case 'config_unreadable':
    case 'config_unexpected':
    case 'config_not_ours':
    case 'config_link':
    case 'config_read_only':
    case 'config_changed':
    case 'config_not_written':
      return undefined;
    case 'invalid_pin':
      return vscode.l10n.t('Choose a name of 1 to 128 visible characters.');
    case 'unknown_pin':
    case 'pin_moved':
      return vscode.l10n.t('The Worktrees view shows the current pins.');
    case 'unresolved_commit':
      return vscode.l10n.t('Name a branch, tag or commit that exists here, or fetch first.');
    case 'half_filled':
      return vscode.l10n.t('Run the health check: it removes the remains of an unfinished worktree.');
    case 'worktree_in_use':
      return vscode.l10n.t('Close it here first, along with anything else that is using it.');
    case 'not_covered':
      return vscode.l10n.t('Move anything you want to keep out of it, then remove it again.');
    case 'nothing_to_restore':
    case 'nothing_to_undo':
      return '';
    case 'restore_incomplete':
      return vscode.l10n.t('Take it back with Undo Last Restore.');
    case 'git_timeout':
    case 'git_failed':
    case 'ref_unreadable':
    case 'question_unreadable':
    case 'lease_unreadable':
    case 'publish_failed':
    case 'references_locked':
    case 'backup_failed':
      return vscode.l10n.t('Run the health check to see what is wrong.');
  }
}

/** Reasons that are answers to the person, not faults: they come without a call for the doctor. */
const answers = new Set<Reason>([
  'nothing_to_restore',
  'nothing_to_undo',
  'branch_exists',
  'invalid_branch',
  'invalid_pin',
  'unresolved_commit',
  'path_taken',
]);

/** Reasons in the world around Belay, which the person can see to: a warning, and the doctor would find nothing. */
const obstacles = new Set<Reason>([
  'lease_held',
  'unknown_pin',
  'pin_moved',
  'not_fetched',
  'fan_out_running',
  'worktree_locked',
  'worktree_in_use',
  'operation_under_way',
  'index_locked',
  'index_in_conflict',
  'index_changed',
]);

/** A failure as sentences: what happened, what was left untouched, what to do. Inert. */
export function failureText(thrown: unknown): string {
  if (thrown instanceof OwnSessionLost) {
    return ownLostText(thrown);
  }
  const happened = thrown instanceof LeaseError ? leaseText(thrown) : inertLine(messageOf(thrown), 400);
  if (!(thrown instanceof BelayError)) {
    return vscode.l10n.t('Internal error in Belay: {0}', happened);
  }
  const next = nextInEditor(thrown.reason) ?? vscode.l10n.t(thrown.next);
  const left = answers.has(thrown.reason) ? [] : toldSentences(thrown.ledger);
  return [happened, ...left, next].filter((sentence) => sentence !== '').join(' ');
}

/** Why a lease did not allow something, in the editor's words. */
function leaseText({ reason, resource, current, kept, message }: LeaseError): string {
  const name = resourceName(resource);
  const saved = keptText(kept?.checkpoint);
  switch (reason) {
    case 'lease_lost':
      return [vscode.l10n.t('The write lock of {0} is no longer valid.', name), leaseNowWords(current), saved]
        .join(' ')
        .trim();
    case 'lease_required':
      return [
        vscode.l10n.t('{0} is write-locked, and this write had no valid lock.', name),
        leaseNowWords(current),
        saved,
      ]
        .join(' ')
        .trim();
    case 'lease_held':
      return current?.status === 'held'
        ? [vscode.l10n.t('{0} is held by another session.', name), leaseNowWords(current)].join(' ')
        : vscode.l10n.t('Another session is working: {0}.', name);
    case 'lease_unreadable':
      return [vscode.l10n.t('The write lock of {0} could not be read.', name), inertLine(message, 300), saved]
        .join(' ')
        .trim();
  }
}

function resourceName({ kind, name }: Resource): string {
  return kind === 'session'
    ? vscode.l10n.t('session {0}', sessionName(name))
    : vscode.l10n.t('worktree {0}', inertLine(name, 60));
}

/** This window's own session was taken over. */
function ownLostText({ session, current, kept }: OwnSessionLost): string {
  return [
    vscode.l10n.t("This window's session {0} is no longer yours.", sessionName(session)),
    leaseNowWords(current),
    keptText(kept?.checkpoint),
    vscode.l10n.t('Your next checkpoint or restore here starts a new session.'),
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function keptText(checkpoint: string | undefined): string {
  return checkpoint === undefined
    ? ''
    : vscode.l10n.t('What it tried to save is kept in checkpoint {0}.', shortOid(checkpoint));
}

/**
 * Tells the person of a failure and writes it to the log with its causes. Resolves at once; the message waits by
 * itself for the person. A step that the person cancelled needs no message.
 */
export function showFailure(log: vscode.LogOutputChannel, thrown: unknown): void {
  log.error(inCauses(thrown));
  if (thrown instanceof BelayError && thrown.reason === 'cancelled') {
    return;
  }
  const text = failureText(thrown);
  if (thrown instanceof OwnSessionLost) {
    void showWarningMessage(text);
    return;
  }
  if (thrown instanceof BelayError && answers.has(thrown.reason)) {
    void showInformationMessage(text);
    return;
  }
  if (thrown instanceof BelayError && obstacles.has(thrown.reason)) {
    void showWarningMessage(text);
    return;
  }
  const showLog = vscode.l10n.t('Show Log');
  const runDoctor = vscode.l10n.t('Run Health Check');
  void showErrorMessage(text, showLog, runDoctor).then((choice) => {
    if (choice === showLog) {
      log.show();
    } else if (choice === runDoctor) {
      void vscode.commands.executeCommand('belay.doctor');
    }
  });
}

/** The failure with everything that caused it, one line each. */
function inCauses(thrown: unknown): string {
  const lines = [thrown instanceof BelayError ? `${thrown.reason}: ${thrown.message}` : stackOf(thrown)];
  let cause = thrown instanceof Error ? thrown.cause : undefined;
  while (cause !== undefined && lines.length < 8) {
    lines.push(`  caused by ${messageOf(cause)}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines.join('\n');
}

function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : messageOf(thrown);
}
