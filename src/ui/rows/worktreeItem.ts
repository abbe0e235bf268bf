import path from 'node:path';
import * as vscode from 'vscode';
import type { VitalState, WorktreeSummary } from '../../sessions/model';
import { stateColor } from '../platform/agentLook';
import { standingIcon, standingWords } from './worktreeWords';
import type { PinStanding } from '../state/pinPosition';
import { standingOfWorktree } from '../state/leaseRelation';
import { inert } from '../platform/text/inert';
import { heldWords, stateWord, vitalWords } from '../platform/text/leaseWords';
import { relativeTime } from '../platform/text/time';
import { branchName, shortOid } from '../platform/text/words';
import type { WorktreeNode } from './nodes';

const { None, Collapsed } = vscode.TreeItemCollapsibleState;

/** The row of a worktree: who has it, how it stands to the pin, and where it is. */
export function worktreeItem({ summary, model, standing: pinned }: WorktreeNode): vscode.TreeItem {
  const { branch, base, latest, lease, vital } = summary;
  const standing = standingOfWorktree(summary, model.own);
  const name = branch === undefined ? vscode.l10n.t('detached') : branchName(branch);
  const item = new vscode.TreeItem(
    inert(path.basename(summary.root)),
    latest === undefined ? None : Collapsed,
  );
  const held =
    lease === undefined || vital === undefined
      ? []
      : [heldWords(lease, standing === 'mine'), stateWord(vital.state)];
  const waits = model.waitsFor(summary.key);
  const details = [
    ...(waits ? [vscode.l10n.t('needs you')] : []),
    ...held,
    ...(pinned === undefined ? [] : standingWords(pinned)),
    name,
    base === undefined ? vscode.l10n.t('no commit yet') : vscode.l10n.t('parent commit {0}', shortOid(base)),
    ...(summary.missing ? [vscode.l10n.t('folder is missing')] : []),
    ...(summary.locked ? [vscode.l10n.t('locked')] : []),
    latest === undefined ? vscode.l10n.t('no checkpoint yet') : relativeTime(latest.time),
  ];
  item.description = details.join(' · ');
  item.iconPath = waits
    ? new vscode.ThemeIcon('question', new vscode.ThemeColor('list.warningForeground'))
    : worktreeIcon(summary, vital?.state, pinned);
  const there = summary.missing ? 'missing' : waits ? 'waits' : 'there';
  item.contextValue = `worktree.${there}.${summary.key === 'main' ? '' : 'linked.'}${standing}`;
  const spoken = vital === undefined ? details : [...details, vitalWords(vital)];
  item.accessibilityInformation = {
    label: vscode.l10n.t('Worktree {0}, {1}', inert(path.basename(summary.root)), spoken.join(', ')),
  };
  return item;
}

function worktreeIcon(
  { missing, locked }: WorktreeSummary,
  holder: VitalState | undefined,
  pinned: PinStanding | undefined,
): vscode.ThemeIcon {
  if (missing) {
    return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  }
  if (holder !== undefined) {
    return new vscode.ThemeIcon('key', stateColor(holder));
  }
  return pinned === undefined
    ? new vscode.ThemeIcon(locked ? 'lock' : 'list-tree')
    : standingIcon(pinned.state);
}
