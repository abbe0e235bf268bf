import * as vscode from 'vscode';
import { fileContext, type FileRow } from './contextValues';
import type { FileChange } from '../../checkpoint/checkpoint';
import { pathText, type GitPath } from '../../git/path';
import { rowUri } from '../platform/objectUri';
import { inert } from '../platform/text/inert';
import { changeWord } from '../platform/text/words';
import type { RepositoryModel } from '../state/repositoryModel';
import type { TreeNode } from './treeNode';

/**
 * The row of a file that something changed; a click opens its diff.
 * @param context The kind of row, for its menus.
 * @param more What else there is to say of it.
 */
export function fileItem(
  node: TreeNode & { readonly model: RepositoryModel; readonly change: FileChange },
  context: FileRow,
  ...more: readonly string[]
): vscode.TreeItem {
  const { change, model } = node;
  const { name, folder } = splitPath(change.path);
  const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.None);
  item.description = [folder, ...more].filter((part) => part !== '').join(' · ');
  item.resourceUri = rowUri(model.root, change);
  item.iconPath = vscode.ThemeIcon.File;
  item.contextValue = fileContext(context, change.kind);
  item.command = { command: 'belay.openDiff', title: vscode.l10n.t('Open Diff'), arguments: [node] };
  item.accessibilityInformation = {
    label: [inert(pathText(change.path)), changeWord(change.kind), ...more].join(', '),
  };
  return item;
}

/** A path as the name of the file and the folder that it is in, for a row. */
export function splitPath(gitPath: GitPath): { name: string; folder: string } {
  const slash = gitPath.lastIndexOf('/', gitPath.length - 2);
  return {
    name: inert(pathText(gitPath.slice(slash + 1))),
    folder: slash < 0 ? '' : inert(pathText(gitPath.slice(0, slash))),
  };
}
