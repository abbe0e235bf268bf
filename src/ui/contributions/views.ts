import type * as vscode from 'vscode';
import { AgentsTree } from '../features/agents/agentNodes';
import { BackupsTree } from '../features/backups/backupNodes';
import { NeedsYouTree, tellWaiting } from '../features/needsYou/needsYouNodes';
import { sessionsView } from '../features/sessions/sessionsView';
import { WorktreesTree } from '../features/worktrees/worktreesTree';
import type { ViewContent } from '../rows/views';
import type { AgentStates } from '../state/agentStates';
import type { PinStates } from '../state/pinStates';
import type { Repositories } from '../state/repositories';
import type { WindowNetwork } from '../state/windowNetwork';

/** What the views show. */
interface Shown {
  readonly repositories: Repositories;
  readonly network: WindowNetwork;
  readonly pinStates: PinStates;
  readonly agentStates: AgentStates;
  readonly log: vscode.LogOutputChannel;
}

/** The views of the Belay container, each of its feature. */
export function viewContents(shown: Shown): readonly ViewContent[] {
  const { repositories, network, pinStates, agentStates, log } = shown;
  const worktrees = new WorktreesTree(repositories, network, pinStates, log);
  const agents = new AgentsTree(repositories, agentStates, log);
  return [
    {
      name: 'needsYou',
      tree: new NeedsYouTree(repositories, log),
      tell: (view) => {
        tellWaiting(repositories, view);
      },
    },
    sessionsView(repositories, log),
    { name: 'backups', tree: new BackupsTree(repositories, log) },
    {
      name: 'worktrees',
      tree: worktrees,
      follows: [
        { event: network.onDidChange, draw: worktrees.followNetwork },
        { event: pinStates.onDidChange, draw: worktrees.redraw },
      ],
    },
    { name: 'agents', tree: agents, follows: [{ event: agentStates.onDidChange, draw: agents.redraw }] },
  ];
}
