import type { TreeNode } from './nodes';
import { Tree } from './tree';

/**
 * Backup refs: pins on commits that something was about to drop. Nothing in Belay drops commits yet, so there are none
 * to list, and the view says what will be here.
 */
export class BackupsTree extends Tree {
  override getChildren(): Promise<TreeNode[]> {
    return Promise.resolve([]);
  }

  protected override childrenOf(): Promise<TreeNode[]> {
    return Promise.resolve([]);
  }

  protected override below(): Promise<TreeNode[]> {
    return Promise.resolve([]);
  }
}
