import { command, type HandlersOf } from '../../rows/command';
import type { agentContributions } from './agentContributions';
import { AgentNode } from './agentNodes';

export const agentHandlers: HandlersOf<typeof agentContributions> = {
  'belay.connectAgents': command([AgentNode], async () => (await import('./connecting')).connectAgents),
  'belay.disconnectAgents': command([AgentNode], async () => (await import('./connecting')).disconnectAgents),
  'belay.protectCommands': async (app) => (await import('./protecting')).protectCommands(app),
};
