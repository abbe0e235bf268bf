import path from 'node:path';
import * as vscode from 'vscode';
import type { Lease } from '../../leases/lease';
import type { Session, Liveness, WorktreeSummary } from '../../sessions/session';
import { agentName } from '../platform/agentLook';
import type { Question } from '../platform/dialogs';
import { inert, inertLine } from '../platform/text/inert';
import { reasonWords, stateWord } from '../platform/text/leaseWords';
import { exactTime } from '../platform/text/time';
import { sentences, sessionName } from '../platform/text/words';

/** What taking a session over will stop, said before it is done. */
export function takeOverQuestion(session: Session): Question {
  return stopping(
    vscode.l10n.t('Take over session {0}?', sessionName(session.id)),
    whoIsStopped(session),
    vscode.l10n.t(
      'Its next write will be rejected; what it tries to save is kept in a separate checkpoint. You hold the session until you release it or close this window.',
    ),
    vscode.l10n.t('Take Over'),
  );
}

/** What ending a session will stop. */
export function endQuestion(session: Session): Question {
  return stopping(
    vscode.l10n.t('End session {0}?', sessionName(session.id)),
    whoIsStopped(session),
    vscode.l10n.t(
      'Nothing can write for it until it is started again; what its agent still tries to save is kept in a separate checkpoint. Its checkpoints stay.',
    ),
    vscode.l10n.t('End Session'),
  );
}

/** What releasing another session's lease will stop. */
export function releaseQuestion(session: Session): Question {
  return stopping(
    vscode.l10n.t('Release session {0}?', sessionName(session.id)),
    whoIsStopped(session),
    vscode.l10n.t(
      'Its write lock is revoked, so that its next write is rejected. Any agent can then claim the session.',
    ),
    vscode.l10n.t('Release'),
  );
}

/** What releasing another session's lease of a worktree will stop. */
export function releaseWorktreeQuestion(summary: WorktreeSummary, lease: Lease): Question {
  return stopping(
    vscode.l10n.t('Release worktree {0}?', inert(path.basename(summary.root))),
    holderWords(lease, summary.liveness),
    vscode.l10n.t(
      'It stops the next time it checks its write lock. Files that it has changed by then are not reverted.',
    ),
    vscode.l10n.t('Release'),
  );
}

/** What taking a worktree over for a restore will stop. */
export function takeWorktreeQuestion(lease: Lease, vital: Liveness): Question {
  return stopping(
    vscode.l10n.t('Take the worktree over and restore?'),
    holderWords(lease, vital),
    vscode.l10n.t(
      'It stops the next time it checks its write lock. Files that it has changed by then are not reverted.',
    ),
    vscode.l10n.t('Take Over and Restore'),
  );
}

function stopping(message: string, who: string, what: string, action: string): Question {
  return { message, detail: [who, what].join('\n\n'), action };
}

/** Who holds a lease, since when, and what is known of them. */
export function holderWords(lease: Lease, vital: Liveness | undefined): string {
  const who =
    lease.agent === undefined
      ? inertLine(lease.owner, 80)
      : vscode.l10n.t('{0} ({1})', inertLine(lease.owner, 80), agentName(lease.agent));
  const holds = vscode.l10n.t('{0} has held it since {1}.', who, exactTime(lease.acquired));
  return vital === undefined ? holds : `${holds} ${vitalSentence(vital)}`;
}

function whoIsStopped({ lease, liveness: vital, agent, latest }: Session): string {
  if (lease?.status === 'held') {
    return `${vscode.l10n.t('This stops its owner:')} ${holderWords(lease, vital)}`;
  }
  const last =
    latest === undefined ? '' : vscode.l10n.t('Its last checkpoint was taken {0}.', exactTime(latest.time));
  return sentences(
    vscode.l10n.t('This stops its agent, {0}, which works without a write lock.', agentName(agent)),
    last,
    vitalSentence(vital),
  );
}

function vitalSentence(vital: Liveness): string {
  return vscode.l10n.t('It is {0}: {1}.', stateWord(vital.state), reasonWords(vital));
}
