import * as vscode from 'vscode';
import type { Pin } from '../../fanout/pin';
import type { PinState } from '../../fanout/pinState';
import { agentName } from '../platform/agentLook';
import { inertLine } from '../platform/text/inert';
import { sessionName, shortOid } from '../platform/text/words';
import type { OwnSession } from '../state/ownSession';
import type { PinStanding } from '../state/pinStates';

/** The default session of the command line. */
const commandLine = 'command-line';

/** The name that a person has given to a pin, inert. */
export function pinName({ name }: Pick<Pin, 'name'>): string {
  return inertLine(name, 60);
}

/** "the pin", or "the pin main" where there are several. */
function whichPin({ pin, several }: PinStanding): string {
  return several ? vscode.l10n.t('the pin {0}', pinName(pin)) : vscode.l10n.t('the pin');
}

/**
 * How a worktree stands to its pin, in few words each, what matters most first. What a row says anyway is left out: that its
 * folder is missing, that it waits for the person, that there is no commit yet.
 */
export function standingWords(standing: PinStanding): readonly string[] {
  const { state } = standing;
  if (state.missing) {
    return [];
  }
  if (state.halfFilled !== undefined) {
    return [state.halfFilled.live ? vscode.l10n.t('is being made') : vscode.l10n.t('unfinished')];
  }
  return [
    ...(state.operation === undefined ? [] : [operationWords(state.operation)]),
    ...positionWords(standing),
    ...(state.dirty ? [vscode.l10n.t('uncommitted changes')] : []),
  ];
}

/** "rebase under way". */
export function operationWords(operation: string): string {
  return vscode.l10n.t('{0} in progress', inertLine(operation, 30));
}

function positionWords(standing: PinStanding): readonly string[] {
  const { position, ahead, behind } = standing.state;
  const pin = whichPin(standing);
  return {
    on: [vscode.l10n.t('on {0}', pin)],
    ahead: [vscode.l10n.t('{0} ahead of {1}', ahead, pin)],
    behind: [vscode.l10n.t('{0} behind {1}', behind, pin)],
    diverged: [vscode.l10n.t('diverged from {0}: {1} ahead, {2} behind', pin, ahead, behind)],
    unknown: [vscode.l10n.t('the pinned commit is not here')],
    unborn: [],
  }[position];
}

/** The icon of a worktree's row, in a colour that says the same; words and shape say it to those who see no colours. */
export function standingIcon({ missing, halfFilled, operation, position }: PinState): vscode.ThemeIcon {
  if (missing || halfFilled !== undefined) {
    return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  }
  if (operation !== undefined) {
    return new vscode.ThemeIcon('debug-pause', new vscode.ThemeColor('list.warningForeground'));
  }
  return {
    on: new vscode.ThemeIcon('pass', new vscode.ThemeColor('charts.green')),
    ahead: new vscode.ThemeIcon('arrow-up', new vscode.ThemeColor('charts.green')),
    behind: new vscode.ThemeIcon('arrow-down', new vscode.ThemeColor('charts.yellow')),
    diverged: new vscode.ThemeIcon('git-compare', new vscode.ThemeColor('list.warningForeground')),
    unknown: new vscode.ThemeIcon('question', new vscode.ThemeColor('charts.yellow')),
    unborn: new vscode.ThemeIcon('list-tree'),
  }[position];
}

/** Who set a pin, for a person: themself, or the agent with its session. */
export function setterName({ session, agent }: Pin, own: OwnSession): string {
  if (own.isOwn(session)) {
    return vscode.l10n.t('you');
  }
  return session === commandLine
    ? vscode.l10n.t('the command line')
    : vscode.l10n.t('{0} ({1})', agentName(agent), sessionName(session));
}

/** What a pin was resolved from, or follows, for a person: the branch, tag or commit as it was given. */
export function sourceWords({ source, commit, follows }: Pin): string {
  if (follows) {
    return vscode.l10n.t('follows {0}', inertLine(source, 60));
  }
  return source === commit
    ? vscode.l10n.t('given as a commit')
    : vscode.l10n.t('from {0}', inertLine(source, 60));
}

/** "main at a1b2c3d4". */
export function pinAt(pin: Pin): string {
  return vscode.l10n.t('{0} at {1}', pinName(pin), shortOid(pin.commit));
}
