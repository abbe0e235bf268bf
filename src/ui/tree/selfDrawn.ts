import type * as vscode from 'vscode';
import type { TreeNode } from './nodes';

/** A row that says itself what it looks like, so that the views need not know every kind of row. */
export abstract class SelfDrawnNode {
  /** Begins with the id of its parent, and stays the same for the same thing. */
  abstract readonly id: string;
  abstract readonly parent: TreeNode | undefined;

  /** Reads nothing: rows are drawn again and again. */
  abstract item(): vscode.TreeItem;

  /** What hovering over it tells; it may be read only then. */
  tooltip(): Promise<vscode.MarkdownString | undefined> {
    return Promise.resolve(undefined);
  }

  /** The rows below it. */
  children(): Promise<TreeNode[]> {
    return Promise.resolve([]);
  }
}
