import { hookCommand } from '../hookCommand';
import { flatHooks, homeFolder, hookTimeoutSeconds, type Installation } from '../installation';

const cursorHome = homeFolder('.cursor');

export const cursorInstall: Installation = {
  programs: ['cursor-agent'],
  processes: ['cursor-agent'],
  project: '.cursor',
  user: cursorHome,
  home: cursorHome,
  files: (agent) => [
    flatHooks(
      agent,
      'hooks.json',
      {
        first: [
          ...['sessionStart', 'sessionEnd', 'preToolUse', 'postToolUse', 'postToolUseFailure'],
          ...['stop', 'subagentStart', 'subagentStop'],
        ],
        later: ['beforeSubmitPrompt'],
      },
      'command',
      () => ({ command: hookCommand(agent), timeout: hookTimeoutSeconds }),
    ),
  ],
  fromSubfolders: true,
};
