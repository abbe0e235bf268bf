import {
  inTitle,
  isOpen,
  onRows,
  type CommandContributions,
  type ViewContribution,
} from '../../rows/contribution';

export const agentsViewContribution: ViewContribution = {
  title: 'Agents',
  visibility: 'collapsed',
  welcome: [
    {
      key: 'noAgents',
      when: isOpen,
      text: 'No coding agent was found on this machine, or in this repository.\n[Connect Agents](command:belay.connectAgents)',
    },
    {
      key: 'agentsLater',
      when: 'belay.state != open && belay.state != opening',
      text: 'The agents that work in your repository appear here.',
    },
  ],
};

export const agentContributions = {
  'belay.connectAgents': {
    title: 'Connect Agents...',
    icon: 'plug',
    menus: [
      inTitle('agents', 'navigation@1', isOpen),
      inTitle('sessions', '3_help@0', isOpen),
      ...onRows('agents', ['agent.apart', 'agent.connected'], 'inline@1', '1_agents@1'),
    ],
  },
  'belay.disconnectAgents': {
    title: 'Disconnect Agents...',
    icon: 'debug-disconnect',
    menus: [inTitle('agents', '1_agents@1', isOpen), ...onRows('agents', 'agent.connected', '1_agents@2')],
  },
  'belay.protectCommands': {
    title: 'Protect Git Commands from Agents...',
    icon: 'shield',
    menus: [inTitle('agents', '1_agents@2', isOpen)],
  },
} satisfies CommandContributions;
