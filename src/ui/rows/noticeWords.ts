import * as vscode from 'vscode';
import type { Notice } from '../../backups/notices';
import type { FallenThing } from '../../backups/record';
import { agentName } from '../platform/agentLook';
import { inertLine } from '../platform/text/inert';
import { sessionName } from '../platform/text/words';
import { commitCount } from './decisionWords';

/** "1 notice", "3 notices". */
export function noticeCount(count: number): string {
  return count === 1 ? vscode.l10n.t('1 notice') : vscode.l10n.t('{0} notices', count);
}

/** What fell off, as the head of a row. */
export function noticeTitle({ record: { things } }: Notice): string {
  const [first] = things;
  return first !== undefined && things.length === 1
    ? thingWords(first)
    : vscode.l10n.t('{0} things fell off', things.length);
}

/** One thing that fell off: "2 commits fell off main". */
export function thingWords({ what, name, lost }: FallenThing): string {
  const called = inertLine(name ?? '', 60);
  switch (what) {
    case 'branch':
      if (lost === 0) {
        return vscode.l10n.t('{0} was pushed over', called);
      }
      return vscode.l10n.t('{0} fell off {1}', commitCount(lost), called);
    case 'tag':
      return vscode.l10n.t('{0} fell off the tag {1}', commitCount(lost), called);
    case 'stash':
      return vscode.l10n.t('An entry of the stash was dropped');
    case 'head':
      return vscode.l10n.t('{0} fell off HEAD', commitCount(lost));
    case 'worktree':
      return vscode.l10n.t('{0} went with the worktree {1}', commitCount(lost), called);
  }
}

/** Whose call it was, and what it ran, as far as that is known. */
export function doerWords({ record: { agent, session, command } }: Notice): string[] {
  return [
    ...(command === undefined ? [] : [inertLine(command, 80)]),
    agent === undefined ? vscode.l10n.t('one of several agents') : agentName(agent),
    ...(session === undefined ? [] : [sessionName(session)]),
  ];
}
