import * as vscode from 'vscode';
import { plural } from '../platform/text/counts';
import { checkpointContext } from './contextValues';
import type { Checkpoint } from '../../checkpoint/checkpoint';
import { agentName } from '../platform/agentLook';
import { fencedWord } from '../platform/text/leaseWords';
import { exactTime, relativeTime } from '../platform/text/time';
import { checkpointTitle } from '../platform/text/words';
import type { RepositoryModel } from '../state/repositoryModel';
import { FileNode, UncoveredMoreNode, UncoveredNode, StagedNode } from './fileNodes';
import type { SessionNode } from './sessionNodes';
import { lines } from './tooltips';
import { TreeNode, type Target } from './treeNode';
import type { WorktreeNode } from './worktreeNode';

const { None, Collapsed } = vscode.TreeItemCollapsibleState;

/** A checkpoint; or what a fenced writer tried to save, which is looked at and restored from like any other. */
export class CheckpointNode extends TreeNode {
  constructor(
    readonly model: RepositoryModel,
    readonly checkpoint: Checkpoint,
    readonly parent: SessionNode | WorktreeNode,
    /** Of a stale checkpoint, how many files its writer tried to save. */
    private readonly saved?: number,
  ) {
    super(`${parent.id}:${checkpoint.oid}`);
  }

  override item(): vscode.TreeItem {
    return this.checkpoint.stale === undefined ? this.stepItem() : this.staleItem();
  }

  private stepItem(): vscode.TreeItem {
    const { checkpoint } = this;
    const item = new vscode.TreeItem(checkpointTitle(checkpoint), Collapsed);
    const lacking = checkpoint.uncovered.length + checkpoint.uncoveredMore;
    const details = [
      relativeTime(checkpoint.time),
      ...(checkpoint.staged === undefined ? [] : [vscode.l10n.t('staged state')]),
      ...(lacking === 0 ? [] : [plural(lacking, 'uncovered')]),
    ];
    item.description = [`#${checkpoint.step}`, ...details].join(' · ');
    item.iconPath = new vscode.ThemeIcon(checkpoint.restoredFrom === undefined ? 'git-commit' : 'history');
    item.contextValue = checkpointContext(false, checkpoint.staged !== undefined);
    item.accessibilityInformation = {
      label: vscode.l10n.t(
        'Checkpoint {0}, {1}, step {2}, by {3}',
        checkpointTitle(checkpoint),
        details.join(', '),
        checkpoint.step,
        agentName(checkpoint.agent),
      ),
    };
    return item;
  }

  /** It is no step of its session. */
  private staleItem(): vscode.TreeItem {
    const { checkpoint, saved } = this;
    const title =
      saved === undefined
        ? vscode.l10n.t('Rejected write: tried to save files')
        : vscode.l10n.t('Rejected write: tried to save {0}', plural(saved, 'file'));
    const item = new vscode.TreeItem(
      title,
      saved === 0 && checkpoint.staged === undefined ? None : Collapsed,
    );
    const why = checkpoint.stale === undefined ? [] : [fencedWord(checkpoint.stale)];
    const details = [relativeTime(checkpoint.time), ...why];
    item.description = details.join(' · ');
    item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    item.contextValue = checkpointContext(true, checkpoint.staged !== undefined);
    item.accessibilityInformation = {
      label: vscode.l10n.t('{0}, {1}, by {2}', title, details.join(', '), agentName(checkpoint.agent)),
    };
    return item;
  }

  override tooltip(): vscode.MarkdownString {
    const { checkpoint } = this;
    const lacking = checkpoint.uncovered.length + checkpoint.uncoveredMore;
    return lines(checkpoint.message.slice(0, 500), [
      [vscode.l10n.t('Checkpoint'), checkpoint.oid],
      [vscode.l10n.t('Rejected writes'), checkpoint.stale && fencedWord(checkpoint.stale)],
      [vscode.l10n.t('Time'), exactTime(checkpoint.time)],
      [
        vscode.l10n.t('Session'),
        `${checkpoint.session} (${agentName(checkpoint.agent)}, #${checkpoint.step})`,
      ],
      [vscode.l10n.t('Tool'), checkpoint.tool],
      [vscode.l10n.t('Task'), checkpoint.task],
      [vscode.l10n.t('Branch'), checkpoint.branch?.replace(/^refs\/heads\//, '')],
      [vscode.l10n.t('Parent commit'), checkpoint.base],
      [vscode.l10n.t('In progress'), checkpoint.operation],
      [
        vscode.l10n.t('Captured'),
        checkpoint.mode === 'whole'
          ? vscode.l10n.t('the whole worktree')
          : vscode.l10n.t('only the paths the caller named'),
      ],
      [vscode.l10n.t('Staged State'), checkpoint.staged && vscode.l10n.t('staged but not committed')],
      [vscode.l10n.t('Left out'), lacking === 0 ? undefined : plural(lacking, 'uncovered')],
    ]);
  }

  /** What was staged at it, what it left out, then what it changed. */
  override async children(): Promise<TreeNode[]> {
    const { model, checkpoint } = this;
    const changes = await model.changesOf(checkpoint);
    return [
      ...(checkpoint.staged === undefined ? [] : [new StagedNode(this)]),
      ...checkpoint.uncovered.map((uncovered) => new UncoveredNode(uncovered, this)),
      ...(checkpoint.uncoveredMore > 0 ? [new UncoveredMoreNode(this, checkpoint.uncoveredMore)] : []),
      ...changes.map((change) => new FileNode(this, change)),
    ];
  }

  override target(): Target {
    return this;
  }
}
