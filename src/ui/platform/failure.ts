import * as vscode from 'vscode';
import { BelayError, messageOf } from '../../errors';
import { LeaseError } from '../../leases/error';
import type { Resource } from '../../leases/lease';
import { nextInEditor, reasons, type Severity } from '../../reasons';
import type { Dialogs } from './dialogs';
import { OwnSessionLost } from './lostSession';
import { inertLine } from './text/inert';
import { leaseNowWords } from './text/leaseWords';
import { toldSentences } from './text/toldWords';
import { sentences, sessionName, shortOid } from './text/words';

/** A failure as sentences: what happened, what was left untouched, what to do. Inert. */
export function failureText(thrown: unknown): string {
  if (thrown instanceof OwnSessionLost) {
    return ownLostText(thrown);
  }
  const happened = thrown instanceof LeaseError ? leaseText(thrown) : inertLine(messageOf(thrown), 400);
  if (!(thrown instanceof BelayError)) {
    return vscode.l10n.t('Internal error in Belay: {0}', happened);
  }
  const next = nextInEditor(thrown.reason);
  const left = severityOf(thrown) === 'answer' ? [] : toldSentences(thrown.ledger);
  return sentences(happened, ...left, next === '' ? '' : vscode.l10n.t(next));
}

/** Why a lease did not allow something, in the editor's words. */
function leaseText({ reason, resource, current, kept, message }: LeaseError): string {
  const name = resourceName(resource);
  const saved = keptText(kept?.checkpoint);
  const now = leaseNowWords(current);
  return {
    lease_lost: sentences(vscode.l10n.t('The write lock of {0} is no longer valid.', name), now, saved),
    lease_required: sentences(
      vscode.l10n.t('{0} is write-locked, and this write had no valid lock.', name),
      now,
      saved,
    ),
    lease_held:
      current?.status === 'held'
        ? sentences(vscode.l10n.t('{0} is held by another session.', name), now)
        : vscode.l10n.t('Another session is working: {0}.', name),
    lease_unreadable: sentences(
      vscode.l10n.t('The write lock of {0} could not be read.', name),
      inertLine(message, 300),
      saved,
    ),
  }[reason];
}

function resourceName({ kind, name }: Resource): string {
  return kind === 'session'
    ? vscode.l10n.t('session {0}', sessionName(name))
    : vscode.l10n.t('worktree {0}', inertLine(name, 60));
}

/** This window's own session was taken over. */
function ownLostText({ session, current, kept }: OwnSessionLost): string {
  return sentences(
    vscode.l10n.t("This window's session {0} is no longer yours.", sessionName(session)),
    leaseNowWords(current),
    keptText(kept?.checkpoint),
    vscode.l10n.t('Your next checkpoint or restore here starts a new session.'),
  );
}

function keptText(checkpoint: string | undefined): string {
  return checkpoint === undefined
    ? ''
    : vscode.l10n.t('What it tried to save is kept in checkpoint {0}.', shortOid(checkpoint));
}

/** Where a failure is told. */
export interface Told {
  readonly log: vscode.LogOutputChannel;
  readonly dialogs: Dialogs;
}

/**
 * Tells the person of a failure and writes it to the log with its causes. Resolves at once; the message waits by
 * itself for the person. A step that the person cancelled needs no message.
 */
export function showFailure({ log, dialogs }: Told, thrown: unknown): void {
  log.error(inCauses(thrown));
  if (thrown instanceof BelayError && thrown.reason === 'cancelled') {
    return;
  }
  const text = failureText(thrown);
  const severity = severityOf(thrown);
  if (severity !== 'fault') {
    void (severity === 'answer' ? dialogs.tell(text) : dialogs.warn(text));
    return;
  }
  const showLog = vscode.l10n.t('Show Log');
  const runDoctor = vscode.l10n.t('Run Health Check');
  void dialogs.fail(text, showLog, runDoctor).then((choice) => {
    if (choice === showLog) {
      log.show();
    } else if (choice === runDoctor) {
      void vscode.commands.executeCommand('belay.doctor');
    }
  });
}

function severityOf(thrown: unknown): Severity {
  return thrown instanceof OwnSessionLost
    ? 'obstacle'
    : thrown instanceof BelayError
      ? reasons[thrown.reason].severity
      : 'fault';
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
