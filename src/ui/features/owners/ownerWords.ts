import * as vscode from 'vscode';
import type { FileOwner } from '../../../sessions/ownership';
import { agentName } from '../../platform/agentLook';
import type { OwnSession } from '../../state/ownSession';
import { stateWord } from '../../platform/text/leaseWords';
import { relativeTime } from '../../platform/text/time';
import { sessionName } from '../../platform/text/words';

/** Whose a file is, in one line. */
export function ownerTooltip({ session, checkpoint }: FileOwner, own: OwnSession): string {
  const when = relativeTime(checkpoint.time);
  return own.isOwn(session.id)
    ? vscode.l10n.t('Written last by you, in this window, {0}', when)
    : vscode.l10n.t(
        'Written last by {0}, session {1} ({2}), {3}',
        agentName(session.agent),
        sessionName(session.id),
        stateWord(session.liveness.state),
        when,
      );
}
