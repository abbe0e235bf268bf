import * as vscode from 'vscode';
import { plural } from '../platform/text/counts';
import { contextValue } from './contextValues';
import type { Checkpoint, FileChange, Uncovered } from '../../checkpoint/checkpoint';
import { pathText } from '../../git/path';
import { inert } from '../platform/text/inert';
import { changeWord, uncoveredWord } from '../platform/text/words';
import type { RepositoryModel } from '../state/repositoryModel';
import type { CheckpointNode } from './checkpointNode';
import { fileItem, splitPath } from './fileItem';
import { openFileDiff } from './openDiff';
import { lines } from './tooltips';
import { TreeNode, type Target } from './treeNode';

const { None } = vscode.TreeItemCollapsibleState;

/** A file that a checkpoint changed. */
export class FileNode extends TreeNode {
  constructor(
    readonly change: FileChange,
    readonly parent: CheckpointNode,
  ) {
    super(`${parent.id}:file:${change.path}`);
  }

  get model(): RepositoryModel {
    return this.parent.model;
  }

  get checkpoint(): Checkpoint {
    return this.parent.checkpoint;
  }

  override item(): vscode.TreeItem {
    return fileItem(this, 'file');
  }

  override tooltip(): vscode.MarkdownString {
    const { path, kind } = this.change;
    return lines(pathText(path), [[vscode.l10n.t('Change'), changeWord(kind)]]);
  }

  override target(): Target {
    return this.parent;
  }

  override diff(): Promise<void> {
    return openFileDiff(this.model, this.checkpoint, this.change);
  }
}

/** A path that a checkpoint does not hold. */
export class UncoveredNode extends TreeNode {
  constructor(
    readonly uncovered: Uncovered,
    readonly parent: CheckpointNode,
  ) {
    super(`${parent.id}:uncovered:${uncovered.path}`);
  }

  override item(): vscode.TreeItem {
    const { uncovered } = this;
    const { name, folder } = splitPath(uncovered.path);
    const item = new vscode.TreeItem(name, None);
    const why = vscode.l10n.t('not saved: {0}', uncoveredWord(uncovered.reason));
    item.description = folder === '' ? why : `${folder} · ${why}`;
    item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    item.contextValue = contextValue(
      uncovered.reason === 'ignored_before' ? 'uncovered.ignored' : 'uncovered',
    );
    item.accessibilityInformation = { label: `${inert(pathText(uncovered.path))}, ${why}` };
    return item;
  }

  override tooltip(): vscode.MarkdownString {
    const { path, reason } = this.uncovered;
    return lines(pathText(path), [[vscode.l10n.t('Not in this checkpoint'), uncoveredWord(reason)]]);
  }

  override target(): Target {
    return this.parent;
  }
}

/** Stands for uncovered paths beyond those that the checkpoint names. */
export class UncoveredMoreNode extends TreeNode {
  constructor(
    readonly parent: CheckpointNode,
    private readonly count: number,
  ) {
    super(`${parent.id}:more`);
  }

  override item(): vscode.TreeItem {
    const item = new vscode.TreeItem(plural(this.count, 'uncovered'), None);
    item.description = vscode.l10n.t('beyond those listed');
    item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    item.contextValue = contextValue('uncoveredMore');
    return item;
  }
}
