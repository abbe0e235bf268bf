import path from 'node:path';
import { hookCommand } from '../hookCommand';
import { flatHooks, homeFolder, hookTimeoutSeconds, type Installation } from '../installation';

export const copilotHome = homeFolder('.copilot', 'COPILOT_HOME');

export const copilotInstall: Installation = {
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
};
