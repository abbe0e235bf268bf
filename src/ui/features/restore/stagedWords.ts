import * as vscode from 'vscode';
import { pathText, type GitPath } from '../../../git/path';
import type {
  BlockedStaged,
  PlannedStaged,
  StagedBlockedReason,
  StagedResult,
} from '../../../restore/staged/stagedResult';
import { inert } from '../../platform/text/inert';
import { changeWord, sessionName } from '../../platform/text/words';
import { listed } from './restoreWords';

/** A path of a plan, as a line of a question. */
export function plannedLine(planned: PlannedStaged): string {
  const will =
    planned.action === 'stage'
      ? vscode.l10n.t('will be staged: {0}', changeWord(planned.change))
      : vscode.l10n.t('will not be staged any more');
  return [inert(pathText(planned.path)), will, cautionWord(planned)]
    .filter((part) => part !== undefined)
    .join(' · ');
}

/** A path that cannot be put into the index, as a line of a question. */
export function blockedLine({ path, reason }: BlockedStaged): string {
  return `${inert(pathText(path))} · ${vscode.l10n.t('is left: {0}', blockedWord(reason))}`;
}

/** What a restore of staged state did, and each path it left alone with the reason. */
export function stagedResultWords({ staged, unstaged, skipped, blocked }: StagedResult): string[] {
  const left = [
    ...skipped.map((planned) => `${inert(pathText(planned.path))} (${cautionWord(planned) ?? ''})`),
    ...blocked.map(({ path, reason }) => `${inert(pathText(path))} (${blockedWord(reason)})`),
  ];
  return [
    staged.length === 0 ? '' : vscode.l10n.t('Staged: {0}.', listed(names(staged))),
    unstaged.length === 0 ? '' : vscode.l10n.t('Not staged any more: {0}.', listed(names(unstaged))),
    left.length === 0 ? '' : vscode.l10n.t('Left alone: {0}.', listed(left)),
  ].filter((sentence) => sentence !== '');
}

/** Why a path is left alone unless the person says otherwise; undefined where nothing speaks against it. */
function cautionWord({ caution, writtenBy }: PlannedStaged): string | undefined {
  switch (caution) {
    case undefined:
      return undefined;
    case 'drifted':
      return vscode.l10n.t('staged or unstaged since');
    case 'other_session':
      return writtenBy === undefined
        ? vscode.l10n.t('staged last by another session')
        : vscode.l10n.t('staged last by session {0}', sessionName(writtenBy));
  }
}

function blockedWord(reason: StagedBlockedReason): string {
  return {
    was_in_conflict: vscode.l10n.t('it was in conflict'),
    in_the_way: vscode.l10n.t('another entry of the index is in the way'),
    content_missing: vscode.l10n.t('its content is not in the repository'),
  }[reason];
}

function names(paths: readonly GitPath[]): string[] {
  return paths.map((path) => inert(pathText(path)));
}
