import type * as vscode from 'vscode';
import { messageOf } from '../../../errors';
import { PinNode } from './pinNode';
import type { PinStates } from '../../state/pinStates';
import type { RepositoryModel } from '../../state/repositoryModel';
import type { Repositories } from '../../state/repositories';
import { NetworkNode } from '../../rows/networkNode';
import type { WindowNetwork } from '../../state/windowNetwork';
import type { RepositoryNode } from '../../rows/repositoryNode';
import type { Fact } from '../../rows/tooltips';
import { Tree } from '../../rows/tree';
import type { TreeNode } from '../../rows/treeNode';
import { WorktreeNode } from '../../rows/worktreeNode';
import type { WorktreeSummary } from '../../../sessions/session';

/**
 * Every worktree of the repositories, open in this window or not, each with its last checkpoint; on top, work with
 * remotes, and the pins.
 */
export class WorktreesTree extends Tree {
  private rowsOfNetwork: readonly NetworkNode[] = [];

  constructor(
    repositories: Repositories,
    private readonly network: WindowNetwork,
    private readonly pinStates: PinStates,
    private readonly output: vscode.LogOutputChannel,
  ) {
    super(repositories, output);
  }

  override async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    const rows = await super.getChildren(node);
    if (node !== undefined) {
      return rows;
    }
    this.rowsOfNetwork = this.network.operations.map((operation) => new NetworkNode(operation));
    return [...this.rowsOfNetwork, ...rows];
  }

  /** Time goes by: only the rows of the network change, unless there are others now. */
  readonly followNetwork = (): void => {
    const { operations } = this.network;
    const shown = this.rowsOfNetwork;
    if (operations.map(({ id }) => id).join() !== shown.map(({ operation }) => operation.id).join()) {
      this.redraw();
      return;
    }
    for (const [index, operation] of operations.entries()) {
      const row = shown[index];
      if (row !== undefined) {
        row.operation = operation;
        this.redrawRow(row);
      }
    }
  };

  protected override async childrenOf(
    model: RepositoryModel,
    parent: RepositoryNode | undefined,
  ): Promise<TreeNode[]> {
    const worktrees = await model.worktrees();
    // Not waited for: it is drawn again when there is more to say.
    this.pinStates.request();
    return [
      ...model.pins.map((pin) => new PinNode(model, pin, parent)),
      ...worktrees.map(
        (summary) =>
          new WorktreeNode(model, summary, parent, this.pinStates.of(model, summary.key), () =>
            this.remoteFacts(model, summary),
          ),
      ),
    ];
  }

  private async remoteFacts(model: RepositoryModel, summary: WorktreeSummary): Promise<readonly Fact[]> {
    try {
      const { remoteFacts } = await import('./remoteFacts');
      return await remoteFacts(model, summary);
    } catch (thrown) {
      this.output.debug(`What is known of a remote could not be read: ${messageOf(thrown)}`);
      return [];
    }
  }
}
