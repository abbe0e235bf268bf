import { command, type HandlersOf } from '../../rows/command';
import type { agentContributions } from './agentContributions';
import { AgentNode } from './agentNodes';

export const agentHandlers: HandlersOf<typeof agentContributions> = {
  'belay.connectAgents': command({
    on: [AgentNode],
    run: async (app, on) => (await import('./connecting')).connectAgents(app, on),
  }),
  'belay.disconnectAgents': command({
    on: [AgentNode],
    run: async (app, on) => (await import('./disconnecting')).disconnectAgents(app, on),
  }),
  'belay.protectCommands': command({
    run: async (app) => (await import('./protecting')).protectCommands(app),
  }),
};
