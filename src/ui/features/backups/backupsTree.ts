import { BackupKindNode } from './backupNodes';
import type { RepositoryModel } from '../../state/repositoryModel';
import type { RepositoryNode } from '../../rows/repositoryNode';
import type { TreeNode } from '../../rows/treeNode';
import { Tree } from '../../rows/tree';

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
