import { BackupKindNode } from '../backups/nodes';
import type { RepositoryModel } from '../repository/model';
import type { RepositoryNode, TreeNode } from './nodes';
import { Tree } from './tree';

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

  protected override below(): Promise<TreeNode[]> {
    return Promise.resolve([]);
  }
}
