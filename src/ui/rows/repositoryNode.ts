import path from 'node:path';
import * as vscode from 'vscode';
import { contextValue } from './contextValues';
import { inert } from '../platform/text/inert';
import type { RepositoryModel } from '../state/repositoryModel';
import { TreeNode } from './treeNode';

/** A repository, on top of a view where the window has several. */
export class RepositoryNode extends TreeNode {
  readonly parent = undefined;
  constructor(
    readonly model: RepositoryModel,
    /** The rows below it, which are for its view to say. */
    private readonly rows: (parent: RepositoryNode) => Promise<TreeNode[]>,
  ) {
    super(`repository:${model.commonDir}`);
  }

  override item(): vscode.TreeItem {
    const { model } = this;
    const item = new vscode.TreeItem(
      inert(path.basename(model.root)),
      vscode.TreeItemCollapsibleState.Expanded,
    );
    item.description = inert(path.dirname(model.root));
    item.iconPath = new vscode.ThemeIcon('repo');
    item.contextValue = contextValue('repository');
    return item;
  }

  override children(): Promise<TreeNode[]> {
    return this.rows(this);
  }
}
