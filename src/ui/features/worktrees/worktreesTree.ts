import type * as vscode from 'vscode';
import { messageOf } from '../../../errors';
import { PinNode } from './pinNode';
import type { PinStates } from '../../state/pinStates';
import type { RepositoryModel } from '../../state/repositoryModel';
import type { Repositories } from '../../state/repositories';
import { NetworkNode } from '../../rows/networkNode';
import type { WindowNetwork } from '../../state/windowNetwork';
import { CheckpointNode, WorktreeNode, type RepositoryNode, type TreeNode } from '../../rows/nodes';
import { filesOf } from '../../rows/sessionRows';
import { worktreeTooltip } from '../../rows/tooltips';
import { Tree } from '../../rows/tree';

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
  followNetwork(): void {
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
  }

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
        (summary) => new WorktreeNode(model, summary, parent, this.pinStates.of(model, summary.key)),
      ),
    ];
  }

  protected override async below(node: TreeNode): Promise<TreeNode[]> {
    if (node instanceof WorktreeNode) {
      const { latest } = node.summary;
      return latest === undefined ? [] : [new CheckpointNode(node.model, latest, node)];
    }
    return node instanceof CheckpointNode ? filesOf(node) : [];
  }

  /** What is known of its remote is read only on demand. */
  protected override async tooltipOf(node: TreeNode): Promise<vscode.MarkdownString | undefined> {
    if (!(node instanceof WorktreeNode)) {
      return super.tooltipOf(node);
    }
    try {
      const { remoteFacts } = await import('../../rows/remoteFacts');
      return worktreeTooltip(node, await remoteFacts(node.model, node.summary));
    } catch (thrown) {
      this.output.debug(`What is known of a remote could not be read: ${messageOf(thrown)}`);
      return worktreeTooltip(node, []);
    }
  }
}
