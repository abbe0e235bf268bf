import type * as vscode from 'vscode';
import { AgentNode } from './agentNodes';
import type { AgentStates } from '../../state/agentStates';
import type { RepositoryModel } from '../../state/repositoryModel';
import type { Repositories } from '../../state/repositories';
import type { RepositoryNode } from '../../rows/repositoryNode';
import type { TreeNode } from '../../rows/treeNode';
import { Tree } from '../../rows/tree';

/** The agents that are connected, installed or used: those that are connected on top. */
export class AgentsTree extends Tree {
  constructor(
    repositories: Repositories,
    private readonly agentStates: AgentStates,
    log: vscode.LogOutputChannel,
  ) {
    super(repositories, log);
  }

  protected override async childrenOf(
    model: RepositoryModel,
    parent: RepositoryNode | undefined,
  ): Promise<TreeNode[]> {
    const statuses = await this.agentStates.of(model);
    // Not waited for: it is drawn again when something is different.
    this.agentStates.request();
    const shown = statuses.filter(
      ({ connections, program, used }) => connections.length > 0 || program !== undefined || used,
    );
    const [connected, apart] = [true, false].map((want) =>
      shown.filter(({ connections }) => connections.length > 0 === want),
    );
    return [...(connected ?? []), ...(apart ?? [])].map((status) => new AgentNode(model, status, parent));
  }
}
