import * as vscode from 'vscode';
import { contextValue } from './contextValues';
import type { StagedChange } from '../../restore/staged/stagedState';
import { readStagedState } from '../../restore/staged/stagedState';
import type { GitPath } from '../../git/path';
import { pathText } from '../../git/path';
import type { RepositoryModel } from '../state/repositoryModel';
import { changeSides } from '../platform/objectUri';
import { shown } from '../platform/shown';
import { inert, inertLine } from '../platform/text/inert';
import { changeWord, shortOid } from '../platform/text/words';
import { fileItem, splitPath } from './fileItem';
import type { CheckpointNode } from './checkpointNode';
import { lines } from './tooltips';
import { TreeNode, type Target } from './treeNode';

const { None, Collapsed } = vscode.TreeItemCollapsibleState;

/** What the index had at a checkpoint, and HEAD had not. Which paths that are is read when somebody looks into it. */
export class StagedNode extends TreeNode {
  constructor(readonly parent: CheckpointNode) {
    super(`${parent.id}:staged`);
  }

  get model(): RepositoryModel {
    return this.parent.model;
  }

  override item(): vscode.TreeItem {
    const item = new vscode.TreeItem(vscode.l10n.t('Staged State'), Collapsed);
    item.description = vscode.l10n.t('staged but not committed');
    item.iconPath = new vscode.ThemeIcon('git-stash');
    item.contextValue = contextValue('stagedState');
    return item;
  }

  override async children(): Promise<TreeNode[]> {
    const state = await readStagedState(this.model.worktree, this.parent.checkpoint);
    return [
      ...(state?.changes ?? []).map((change) => new StagedFileNode(this, change)),
      ...(state?.conflicts ?? []).map((path) => new StagedConflictNode(this, path)),
    ];
  }

  override target(): Target {
    return this.parent;
  }
}

/** A path that was staged. */
export class StagedFileNode extends TreeNode {
  constructor(
    readonly parent: StagedNode,
    readonly change: StagedChange,
  ) {
    super(`${parent.id}:file:${change.path}`);
  }

  get model(): RepositoryModel {
    return this.parent.model;
  }

  override item(): vscode.TreeItem {
    return fileItem(this, 'stagedFile', ...(this.change.inFiles ? [] : [vscode.l10n.t('only staged')]));
  }

  override tooltip(): vscode.MarkdownString {
    const { path, kind, inFiles } = this.change;
    const facts = [
      [vscode.l10n.t('Staged'), changeWord(kind)],
      [
        vscode.l10n.t('Only staged'),
        inFiles ? undefined : vscode.l10n.t('the file was different when the checkpoint was taken'),
      ],
    ] as const;
    return lines(pathText(path), facts);
  }

  override target(): Target {
    return this.parent.parent;
  }

  /** Opens what was staged of it beside what HEAD had of it. */
  override async diff(): Promise<void> {
    const { model, change, parent } = this;
    const [older, newer] = changeSides(model.root, change);
    const name = inertLine(pathText(change.path.slice(change.path.lastIndexOf('/') + 1)), 60);
    const title = vscode.l10n.t(
      '{0} (staged at checkpoint {1})',
      name,
      shortOid(parent.parent.checkpoint.oid),
    );
    await vscode.commands.executeCommand('vscode.diff', older, newer, shown(title), { preview: true });
  }
}

/** A path that was in conflict. */
class StagedConflictNode extends TreeNode {
  constructor(
    readonly parent: StagedNode,
    private readonly path: GitPath,
  ) {
    super(`${parent.id}:conflict:${path}`);
  }

  override item(): vscode.TreeItem {
    const { name, folder } = splitPath(this.path);
    const item = new vscode.TreeItem(name, None);
    const why = vscode.l10n.t('in conflict');
    item.description = folder === '' ? why : `${folder} · ${why}`;
    item.iconPath = new vscode.ThemeIcon('warning');
    item.contextValue = contextValue('stagedConflict');
    item.accessibilityInformation = { label: `${inert(pathText(this.path))}, ${why}` };
    return item;
  }
}
