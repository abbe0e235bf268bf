import * as vscode from 'vscode';
import { messageOf } from '../../errors';
import type { RepositoryModel } from '../state/repositoryModel';
import type { Repositories } from '../state/repositories';
import { shownItem } from '../platform/shown';
import { treeItem } from './items';
import { FailureNode, RepositoryNode, SelfDrawnNode, type TreeNode } from './nodes';
import { tooltip } from './tooltips';

/** What the views share: repositories on top only when there are several, rows, late tooltips, parents. */
export abstract class Tree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<TreeNode | undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    protected readonly repositories: Repositories,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Draws again what is on show. */
  redraw(): void {
    this.changed.fire(undefined);
  }

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
    return shownItem(treeItem(node));
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return node.parent;
  }

  async resolveTreeItem(item: vscode.TreeItem, node: TreeNode): Promise<vscode.TreeItem> {
    const text = await this.tooltipOf(node);
    if (text !== undefined) {
      item.tooltip = text;
    }
    return item;
  }

  dispose(): void {
    this.changed.dispose();
  }

  /** What hovering over a row tells. It may be read only then. */
  protected tooltipOf(node: TreeNode): Promise<vscode.MarkdownString | undefined> {
    return node instanceof SelfDrawnNode ? node.tooltip() : Promise.resolve(tooltip(node));
  }

  private async rows(node: TreeNode | undefined): Promise<TreeNode[]> {
    if (node instanceof RepositoryNode) {
      return this.childrenOf(node.model, node);
    }
    if (node instanceof SelfDrawnNode) {
      return node.children();
    }
    if (node !== undefined) {
      return this.below(node);
    }
    await this.repositories.ready();
    const models = this.repositories.distinct;
    const [only] = models;
    return models.length === 1 && only !== undefined
      ? this.childrenOf(only, undefined)
      : models.map((model) => new RepositoryNode(model));
  }

  /** The rows of one repository. */
  protected abstract childrenOf(
    model: RepositoryModel,
    parent: RepositoryNode | undefined,
  ): Promise<TreeNode[]>;

  /** The rows below any other row. */
  protected abstract below(node: TreeNode): Promise<TreeNode[]>;
}
