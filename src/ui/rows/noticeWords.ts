import * as vscode from 'vscode';
import type { Notice } from '../../backups/notices';
import type { FallenThing } from '../../backups/fallRecord';
import { agentName } from '../platform/agentLook';
import { inertLine } from '../platform/text/inert';
import { sessionName } from '../platform/text/words';
import { plural } from '../platform/text/counts';

/** What lost commits, as the head of a row. */
export function noticeTitle({ record: { things } }: Notice): string {
  const [first] = things;
  return first !== undefined && things.length === 1
    ? thingWords(first)
    : vscode.l10n.t('{0} refs lost commits', things.length);
}

/** One thing that lost commits: "main lost 2 commits". */
export function thingWords({ what, name, lost }: FallenThing): string {
  const called = inertLine(name ?? '', 60);
  const commits = plural(lost, 'commit');
  return {
    branch:
      lost === 0
        ? vscode.l10n.t('{0} was overwritten by a push', called)
        : vscode.l10n.t('{1} lost {0}', commits, called),
    tag: vscode.l10n.t('The tag {1} lost {0}', commits, called),
    stash: vscode.l10n.t('An entry of the stash was dropped'),
    head: vscode.l10n.t('HEAD lost {0}', commits),
    worktree: vscode.l10n.t('The worktree {1} took {0} with it', commits, called),
  }[what];
}

/** Whose call it was, and what it ran, as far as that is known. */
export function doerWords({ record: { agent, session, command } }: Notice): string[] {
  return [
    ...(command === undefined ? [] : [inertLine(command, 80)]),
    agent === undefined ? vscode.l10n.t('one of several agents') : agentName(agent),
    ...(session === undefined ? [] : [sessionName(session)]),
  ];
}
