import type { RepositoryModel } from '../../state/repositoryModel';
import type { RepositoryNode } from '../../rows/repositoryNode';
import { TreeNode, type ChosenBackup, type DroppedFile } from '../../rows/treeNode';
import { Tree } from '../../rows/tree';
import * as vscode from 'vscode';
import { plural } from '../../platform/text/counts';
import { contextValue } from '../../rows/contextValues';
import { contentsOf } from '../../../backups/backups';
import { commitsOf } from '../../../backups/commits';
import type { BackedUpCommit, Backup, BackupContents } from '../../../backups/backup';
import { changesOfCommit } from '../../../checkpoint/changes';
import type { Dialogs } from '../../platform/dialogs';
import { inertLine } from '../../platform/text/inert';
import { exactTime, relativeTime, sizeWords } from '../../platform/text/time';
import { shortOid } from '../../platform/text/words';
import { ChangeNode } from '../../rows/fileNodes';
import { openCommit } from '../../rows/backupActions';
import { openSides } from '../../rows/openDiff';
import { lines } from '../../rows/tooltips';
import { contentsWords, fallenWords, kindWords, subjectWords } from '../../rows/backupWords';

/** Pins on commits that something was about to drop, by what dropped them, of which worktree, and when. */
export class BackupsTree extends Tree {
  protected override async childrenOf(
    model: RepositoryModel,
    parent: RepositoryNode | undefined,
  ): Promise<TreeNode[]> {
    const backups = await model.backups();
    const kinds = [...new Set(backups.map(({ kind }) => kind))].sort();
    return kinds.map(
      (kind) =>
        new BackupKindNode(
          model,
          kind,
          backups.filter((backup) => backup.kind === kind),
          parent,
        ),
    );
  }
}

const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;

/** How many commits are listed of a backup whose commits are all held elsewhere, too. */
const listedElsewhere = 20;

/** Backups of one kind: what dropped their commits. */
class BackupKindNode extends TreeNode {
  constructor(
    readonly model: RepositoryModel,
    readonly kind: string,
    readonly backups: readonly Backup[],
    readonly parent: RepositoryNode | undefined,
  ) {
    super(`${parent?.id ?? 'backups'}:${model.commonDir}:kind:${kind}`);
  }

  override item(): vscode.TreeItem {
    const item = new vscode.TreeItem(kindWords(this.kind), Expanded);
    item.description = plural(this.backups.length, 'backup');
    item.iconPath = new vscode.ThemeIcon('archive');
    item.contextValue = contextValue('backupKind');
    item.accessibilityInformation = {
      label: `${kindWords(this.kind)}, ${plural(this.backups.length, 'backup')}`,
    };
    return item;
  }

  override children(): TreeNode[] {
    const subjects = [...new Set(this.backups.map(({ subject }) => subject))];
    return subjects.map(
      (subject) =>
        new BackupSubjectNode(
          this,
          subject,
          this.backups.filter((backup) => backup.subject === subject),
        ),
    );
  }
}

/** Backups of what one worktree had. */
class BackupSubjectNode extends TreeNode {
  constructor(
    readonly parent: BackupKindNode,
    readonly subject: string,
    readonly backups: readonly Backup[],
  ) {
    super(`${parent.id}:subject:${subject}`);
  }

  override item(): vscode.TreeItem {
    const item = new vscode.TreeItem(subjectWords(this), Expanded);
    item.description = plural(this.backups.length, 'backup');
    item.iconPath = new vscode.ThemeIcon('list-tree');
    item.contextValue = contextValue('backupSubject');
    item.accessibilityInformation = {
      label: `${subjectWords(this)}, ${plural(this.backups.length, 'backup')}`,
    };
    return item;
  }

  override children(): TreeNode[] {
    return this.backups.map((backup) => new BackupNode(this, backup));
  }
}

/** One pin on commits. What only it holds is read when somebody looks into it. */
class BackupNode extends TreeNode {
  constructor(
    readonly parent: BackupSubjectNode,
    readonly backup: Backup,
  ) {
    super(`${parent.id}:${backup.ref}:${backup.number}`);
  }

  get model(): RepositoryModel {
    return this.parent.parent.model;
  }

  override item(): vscode.TreeItem {
    const { backup } = this;
    const item = new vscode.TreeItem(exactTime(backup.time), Collapsed);
    item.description = [...fallenWords(backup), shortOid(backup.tip), relativeTime(backup.time)].join(' · ');
    item.iconPath = new vscode.ThemeIcon('pinned');
    item.contextValue = contextValue('backup');
    item.accessibilityInformation = {
      label: [
        vscode.l10n.t('Backup of {0}, {1}', exactTime(backup.time), shortOid(backup.tip)),
        ...fallenWords(backup),
      ].join(', '),
    };
    return item;
  }

  override async tooltip(): Promise<vscode.MarkdownString> {
    const { backup, model } = this;
    const contents = await contentsOf(model.worktree, backup);
    return lines(backup.ref, [
      [vscode.l10n.t('Holds'), contentsWords(contents)],
      [vscode.l10n.t('Size'), sizeWords(contents.size)],
      [vscode.l10n.t('Newest commit'), backup.tip],
      [vscode.l10n.t('Time'), exactTime(backup.time)],
    ]);
  }

  override async children(): Promise<TreeNode[]> {
    const { backup, model } = this;
    const contents = await contentsOf(model.worktree, backup);
    const commits =
      contents.onlyHere.length > 0
        ? contents.onlyHere
        : await commitsOf(model.worktree, [backup.tip], listedElsewhere);
    return [
      new ContentsNode(this, contents),
      ...commits.map((commit) => new DroppedCommitNode(this, commit)),
    ];
  }

  override keptIn(): readonly ChosenBackup[] {
    return [this];
  }
}

/** Says what would be lost with a backup. */
class ContentsNode extends TreeNode {
  constructor(
    readonly parent: BackupNode,
    private readonly contents: BackupContents,
  ) {
    super(`${parent.id}:contents`);
  }

  override item(): vscode.TreeItem {
    const item = new vscode.TreeItem(contentsWords(this.contents), None);
    item.iconPath = new vscode.ThemeIcon(this.contents.onlyHere.length === 0 ? 'pass' : 'info');
    item.contextValue = contextValue('backupContents');
    item.accessibilityInformation = { label: contentsWords(this.contents) };
    return item;
  }
}

/** A commit that a backup holds. */
export class DroppedCommitNode extends TreeNode {
  constructor(
    readonly parent: BackupNode,
    readonly commit: BackedUpCommit,
  ) {
    super(`${parent.id}:${commit.oid}`);
  }

  get model(): RepositoryModel {
    return this.parent.model;
  }

  override item(): vscode.TreeItem {
    const { oid, subject, author, time } = this.commit;
    const title = inertLine(subject, 100);
    const item = new vscode.TreeItem(title === '' ? shortOid(oid) : title, Collapsed);
    const details = [shortOid(oid), inertLine(author, 40), relativeTime(time)];
    item.description = details.join(' · ');
    item.iconPath = new vscode.ThemeIcon('git-commit');
    item.contextValue = contextValue('droppedCommit');
    item.accessibilityInformation = {
      label: vscode.l10n.t('Commit {0}, {1}', title, details.join(', ')),
    };
    return item;
  }

  override tooltip(): vscode.MarkdownString {
    const { oid, subject, author, time } = this.commit;
    return lines(subject.slice(0, 500), [
      [vscode.l10n.t('Commit'), oid],
      [vscode.l10n.t('Author'), author],
      [vscode.l10n.t('Time'), exactTime(time)],
    ]);
  }

  override async children(): Promise<TreeNode[]> {
    const changes = await changesOfCommit(this.model.worktree, this.commit.oid);
    return changes.map((change) => new DroppedFileNode(this, change));
  }

  override diff(dialogs: Dialogs): Promise<void> {
    return openCommit(dialogs, this.model, this.commit.oid);
  }
}

/** A file that such a commit changed. */
class DroppedFileNode extends ChangeNode<DroppedCommitNode> {
  protected override readonly context = 'droppedFile';

  override droppedFile(): DroppedFile {
    return { model: this.model, commit: this.parent.commit.oid, path: this.change.path };
  }

  override diff(): Promise<void> {
    const { commit } = this.parent;
    return openSides(this.model, this.change, (name) =>
      vscode.l10n.t('{0} (commit {1})', name, shortOid(commit.oid)),
    );
  }
}
