import * as vscode from 'vscode';
import type { StagedChange } from '../../restore/staged/state';
import { readStagedState } from '../../restore/staged/state';
import type { GitPath } from '../../git/path';
import { pathText } from '../../git/path';
import type { RepositoryModel } from '../state/repositoryModel';
import { inert } from '../platform/text/inert';
import { changeWord } from '../platform/text/words';
import { fileItem, splitPath } from './items';
import { SelfDrawnNode, type CheckpointNode, type TreeNode } from './nodes';
import { lines } from './tooltips';

const { None, Collapsed } = vscode.TreeItemCollapsibleState;

/** What was staged but not committed at a checkpoint. Its paths are read when the row is expanded. */
export class StagedNode extends SelfDrawnNode {
  readonly id: string;

  constructor(readonly parent: CheckpointNode) {
    super();
    this.id = `${parent.id}:staged`;
  }

  get model(): RepositoryModel {
    return this.parent.model;
  }

  override item(): vscode.TreeItem {
    const item = new vscode.TreeItem(vscode.l10n.t('Staged State'), Collapsed);
    item.description = vscode.l10n.t('staged but not committed');
    item.iconPath = new vscode.ThemeIcon('git-stash');
    item.contextValue = 'stagedState';
    return item;
  }

  override async children(): Promise<TreeNode[]> {
    const state = await readStagedState(this.model.worktree, this.parent.checkpoint);
    return [
      ...(state?.changes ?? []).map((change) => new StagedFileNode(this, change)),
      ...(state?.conflicts ?? []).map((path) => new StagedConflictNode(this, path)),
    ];
  }
}

/** A path that was staged. */
export class StagedFileNode extends SelfDrawnNode {
  readonly id: string;

  constructor(
    readonly parent: StagedNode,
    readonly change: StagedChange,
  ) {
    super();
    this.id = `${parent.id}:file:${change.path}`;
  }

  get model(): RepositoryModel {
    return this.parent.model;
  }

  override item(): vscode.TreeItem {
    return fileItem(this, 'stagedFile', ...(this.change.inFiles ? [] : [vscode.l10n.t('only staged')]));
  }

  override tooltip(): Promise<vscode.MarkdownString> {
    const { path, kind, inFiles } = this.change;
    const facts = [
      [vscode.l10n.t('Staged'), changeWord(kind)],
      [
        vscode.l10n.t('Only staged'),
        inFiles ? undefined : vscode.l10n.t('the file was different when the checkpoint was taken'),
      ],
    ] as const;
    return Promise.resolve(lines(pathText(path), facts));
  }
}

/** A path that was in conflict. */
class StagedConflictNode extends SelfDrawnNode {
  readonly id: string;

  constructor(
    readonly parent: StagedNode,
    private readonly path: GitPath,
  ) {
    super();
    this.id = `${parent.id}:conflict:${path}`;
  }

  override item(): vscode.TreeItem {
    const { name, folder } = splitPath(this.path);
    const item = new vscode.TreeItem(name, None);
    const why = vscode.l10n.t('in conflict');
    item.description = folder === '' ? why : `${folder} · ${why}`;
    item.iconPath = new vscode.ThemeIcon('warning');
    item.contextValue = 'stagedConflict';
    item.accessibilityInformation = { label: `${inert(pathText(this.path))}, ${why}` };
    return item;
  }
}
