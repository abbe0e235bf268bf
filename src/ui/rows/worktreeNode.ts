import path from 'node:path';
import * as vscode from 'vscode';
import { worktreeContext } from './contextValues';
import type { LivenessState, WorktreeSummary } from '../../sessions/session';
import { stateColor } from '../platform/agentLook';
import { pinAt, standingIcon, standingWords } from './worktreeWords';
import type { PinStanding } from '../state/pinStates';
import { standingOfWorktree } from '../state/leaseRelation';
import type { RepositoryModel } from '../state/repositoryModel';
import { inert } from '../platform/text/inert';
import { heldWords, stateWord, vitalWords } from '../platform/text/leaseWords';
import { exactTime, relativeTime } from '../platform/text/time';
import { branchName, shortOid } from '../platform/text/words';
import { CheckpointNode } from './checkpointNode';
import type { RepositoryNode } from './repositoryNode';
import { leaseFacts, lines, type Fact } from './tooltips';
import { TreeNode, type Target } from './treeNode';

const { None, Collapsed } = vscode.TreeItemCollapsibleState;

/** A worktree: who has it, how it stands to the pin, and where it is; below it, its last checkpoint. */
export class WorktreeNode extends TreeNode {
  constructor(
    readonly model: RepositoryModel,
    readonly summary: WorktreeSummary,
    readonly parent: RepositoryNode | undefined,
    /** How it stands to the pin, where there is one and it is known already. */
    private readonly standing: PinStanding | undefined,
    /** What else is known of it: read only when somebody asks. */
    private readonly moreFacts: () => Promise<readonly Fact[]>,
  ) {
    super(`worktree:${model.commonDir}:${summary.key}`);
  }

  override item(): vscode.TreeItem {
    const { summary, model, standing: pinned } = this;
    const { branch, base, latest, lease, liveness: vital } = summary;
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
      base === undefined ? vscode.l10n.t('no commit yet') : vscode.l10n.t('base {0}', shortOid(base)),
      ...(summary.missing ? [vscode.l10n.t('folder is missing')] : []),
      ...(summary.locked ? [vscode.l10n.t('locked')] : []),
      latest === undefined ? vscode.l10n.t('no checkpoint yet') : relativeTime(latest.time),
    ];
    item.description = details.join(' · ');
    item.iconPath = waits
      ? new vscode.ThemeIcon('question', new vscode.ThemeColor('list.warningForeground'))
      : worktreeIcon(summary, vital?.state, pinned);
    const there = summary.missing ? 'missing' : waits ? 'waits' : 'there';
    item.contextValue = worktreeContext(there, summary.key !== 'main', standing);
    const spoken = vital === undefined ? details : [...details, vitalWords(vital)];
    item.accessibilityInformation = {
      label: vscode.l10n.t('Worktree {0}, {1}', inert(path.basename(summary.root)), spoken.join(', ')),
    };
    return item;
  }

  override async tooltip(): Promise<vscode.MarkdownString> {
    const { summary, model, standing } = this;
    return lines(summary.root, [
      ...leaseFacts(summary.lease, standingOfWorktree(summary, model.own) === 'mine'),
      [vscode.l10n.t('Owner'), summary.liveness && vitalWords(summary.liveness)],
      [vscode.l10n.t('Pin'), standing && pinAt(standing.pin)],
      [vscode.l10n.t('Against the pin'), standing && standingWords(standing).join(', ')],
      [vscode.l10n.t('Branch'), summary.branch?.replace(/^refs\/heads\//, '') ?? vscode.l10n.t('detached')],
      [vscode.l10n.t('Parent commit'), summary.base ?? vscode.l10n.t('no commit yet')],
      [vscode.l10n.t('Last checkpoint'), summary.latest && exactTime(summary.latest.time)],
      [vscode.l10n.t('State'), worktreeState(summary)],
      ...(await this.moreFacts()),
    ]);
  }

  override children(): TreeNode[] {
    const { latest } = this.summary;
    return latest === undefined ? [] : [new CheckpointNode(this.model, latest, this)];
  }

  override target(): Target | undefined {
    const { latest } = this.summary;
    return latest && { model: this.model, checkpoint: latest };
  }
}

function worktreeState({ missing, locked }: WorktreeSummary): string | undefined {
  if (missing) {
    return vscode.l10n.t('its folder is missing');
  }
  return locked ? vscode.l10n.t('locked') : undefined;
}

function worktreeIcon(
  { missing, locked }: WorktreeSummary,
  holder: LivenessState | undefined,
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
