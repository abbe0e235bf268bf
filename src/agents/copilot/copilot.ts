import path from 'node:path';
import type { Agent } from '../agent';
import { hookCommand } from '../hookCommand';
import { flatHooks, hookTimeoutSeconds } from '../installation';
import { copilotAdapter } from './copilotAdapter';
import { copilotHome, copilotTrust } from './copilotTrust';

export const copilot: Agent = {
  look: { name: 'Copilot', icon: 'copilot', badge: 'Co' },
  adapter: copilotAdapter,
  installation: {
    programs: ['copilot'],
    processes: ['copilot'],
    project: '.github/hooks',
    user: (places) => path.join(copilotHome(places), 'hooks'),
    home: copilotHome,
    files: (agent) => [
      flatHooks(
        agent,
        'belay.json',
        {
          first: [
            ...['sessionStart', 'sessionEnd', 'preToolUse', 'postToolUse', 'postToolUseFailure'],
            ...['agentStop', 'errorOccurred', 'subagentStart', 'subagentStop'],
          ],
          later: ['userPromptSubmitted'],
        },
        'bash',
        // Its events in camel case carry no name.
        (event) => ({ type: 'command', bash: hookCommand(agent, event), timeoutSec: hookTimeoutSeconds }),
      ),
    ],
    fromSubfolders: true,
  },
  trust: copilotTrust,
  payloads: ['default', 'gpt'],
};
