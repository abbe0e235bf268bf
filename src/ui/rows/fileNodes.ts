import * as vscode from 'vscode';
import { plural } from '../platform/text/counts';
import { contextValue, fileContext, type FileRow } from './contextValues';
import type { Checkpoint, FileChange, Uncovered } from '../../checkpoint/checkpoint';
import { pathText, type GitPath } from '../../git/path';
import { inert } from '../platform/text/inert';
import { changeWord, uncoveredWord, shortOid } from '../platform/text/words';
import type { RepositoryModel } from '../state/repositoryModel';
import type { CheckpointNode } from './checkpointNode';
import { openFileDiff, openSides } from './openDiff';
import { lines } from './tooltips';
import { TreeNode, type Target } from './treeNode';
import { readStagedState, type StagedChange } from '../../restore/staged/stagedState';
import { rowUri } from '../platform/objectUri';

const { None, Collapsed } = vscode.TreeItemCollapsibleState;

/** A file that something changed; a click opens its diff. */
export abstract class ChangeNode<
  Parent extends TreeNode & { readonly model: RepositoryModel },
  Change extends FileChange = FileChange,
> extends TreeNode {
  /** The kind of row, for its menus. */
  protected abstract readonly context: FileRow;

  constructor(
    readonly parent: Parent,
    readonly change: Change,
  ) {
    super(`${parent.id}:file:${change.path}`);
  }

  get model(): RepositoryModel {
    return this.parent.model;
  }

  override item(): vscode.TreeItem {
    const { change, model } = this;
    const item = pathItem(change.path, ...this.more());
    item.resourceUri = rowUri(model.root, change);
    item.iconPath = vscode.ThemeIcon.File;
    item.contextValue = fileContext(this.context, change.kind);
    item.command = { command: 'belay.openDiff', title: vscode.l10n.t('Open Diff'), arguments: [this] };
    item.accessibilityInformation = {
      label: [inert(pathText(change.path)), changeWord(change.kind), ...this.more()].join(', '),
    };
    return item;
  }

  override tooltip(): vscode.MarkdownString {
    const { path, kind } = this.change;
    return lines(pathText(path), [[vscode.l10n.t('Change'), changeWord(kind)]]);
  }

  /** What else its row says of it. */
  protected more(): readonly string[] {
    return [];
  }
}

/** A file that a checkpoint changed. */
export class FileNode extends ChangeNode<CheckpointNode> {
  protected override readonly context = 'file';

  get checkpoint(): Checkpoint {
    return this.parent.checkpoint;
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
    const item = pathItem(uncovered.path, vscode.l10n.t('not saved: {0}', uncoveredWord(uncovered.reason)));
    item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    item.contextValue = contextValue(
      uncovered.reason === 'ignored_before' ? 'uncovered.ignored' : 'uncovered',
    );
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
export class StagedFileNode extends ChangeNode<StagedNode, StagedChange> {
  protected override readonly context = 'stagedFile';

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

  protected override more(): readonly string[] {
    return this.change.inFiles ? [] : [vscode.l10n.t('only staged')];
  }

  override target(): Target {
    return this.parent.parent;
  }

  /** Opens what was staged of it beside what HEAD had of it. */
  override diff(): Promise<void> {
    const { oid } = this.parent.parent.checkpoint;
    return openSides(this.model, this.change, (name) =>
      vscode.l10n.t('{0} (staged at checkpoint {1})', name, shortOid(oid)),
    );
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
    const item = pathItem(this.path, vscode.l10n.t('in conflict'));
    item.iconPath = new vscode.ThemeIcon('warning');
    item.contextValue = contextValue('stagedConflict');
    return item;
  }
}

/** The row of a path: the name of the file, the folder that it is in, and what else there is to say of it. */
function pathItem(gitPath: GitPath, ...more: readonly string[]): vscode.TreeItem {
  const slash = gitPath.lastIndexOf('/', gitPath.length - 2);
  const folder = slash < 0 ? '' : inert(pathText(gitPath.slice(0, slash)));
  const item = new vscode.TreeItem(inert(pathText(gitPath.slice(slash + 1))), None);
  item.description = [folder, ...more].filter((part) => part !== '').join(' · ');
  item.accessibilityInformation = { label: [inert(pathText(gitPath)), ...more].join(', ') };
  return item;
}
