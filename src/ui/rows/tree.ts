import * as vscode from 'vscode';
import { messageOf } from '../../errors';
import type { RepositoryModel } from '../state/repositoryModel';
import type { Repositories } from '../state/repositories';
import { shownItem } from '../platform/shown';
import { FailureNode } from './failureNode';
import { RepositoryNode } from './repositoryNode';
import type { TreeNode } from './treeNode';

/** What the views share: repositories on top only when there are several, rows, late tooltips, parents. */
export abstract class Tree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<TreeNode | undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    protected readonly repositories: Repositories,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Draws again what is on show. */
  readonly redraw = (): void => {
    this.changed.fire(undefined);
  };

  /** Draws one row again, and leaves the others, and what hovers over them, in peace. */
  protected redrawRow(node: TreeNode): void {
    this.changed.fire(node);
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    try {
      return await this.rows(node);
    } catch (thrown) {
      // A row, not a notification: the view is drawn again and again.
      this.log.error(`Rows could not be read: ${messageOf(thrown)}`);
      return [new FailureNode(node, thrown)];
    }
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    const item = shownItem(node.item());
    item.id = node.id;
    return item;
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return node.parent;
  }

  async resolveTreeItem(item: vscode.TreeItem, node: TreeNode): Promise<vscode.TreeItem> {
    const text = await node.tooltip();
    if (text !== undefined) {
      item.tooltip = text;
    }
    return item;
  }

  dispose(): void {
    this.changed.dispose();
  }

  private async rows(node: TreeNode | undefined): Promise<TreeNode[]> {
    if (node !== undefined) {
      return node.children();
    }
    await this.repositories.ready();
    const models = this.repositories.distinct;
    const [only] = models;
    return models.length === 1 && only !== undefined
      ? this.childrenOf(only, undefined)
      : models.map((model) => new RepositoryNode(model, (parent) => this.childrenOf(model, parent)));
  }

  /** The rows of one repository. */
  protected abstract childrenOf(
    model: RepositoryModel,
    parent: RepositoryNode | undefined,
  ): Promise<TreeNode[]>;
}
