import * as vscode from 'vscode';
import { contextValue } from './contextValues';
import { messageOf } from '../../errors';
import { failureText } from '../platform/failure';
import { inertLine } from '../platform/text/inert';
import { lines } from './tooltips';
import { TreeNode } from './treeNode';

/** Stands for rows that could not be read. */
export class FailureNode extends TreeNode {
  constructor(
    readonly parent: TreeNode | undefined,
    private readonly thrown: unknown,
  ) {
    super(`${parent?.id ?? 'view'}:failure`);
  }

  override item(): vscode.TreeItem {
    const item = new vscode.TreeItem(
      vscode.l10n.t('Could not be read'),
      vscode.TreeItemCollapsibleState.None,
    );
    item.description = inertLine(messageOf(this.thrown));
    item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
    item.contextValue = contextValue('failure');
    return item;
  }

  override tooltip(): vscode.MarkdownString {
    return lines(vscode.l10n.t('These rows could not be read'), [
      [vscode.l10n.t('Why'), failureText(this.thrown)],
    ]);
  }
}
