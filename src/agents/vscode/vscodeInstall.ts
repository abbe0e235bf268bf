import { copilotInstall } from '../copilot/copilotInstall';
import { hookCommand } from '../hookCommand';
import { commonHooks, flatHooks, hookTimeoutSeconds, type Installation } from '../installation';

/**
 * It shares its folders with copilot's command line: each runs the other's hooks as well. The payloads are then not the ones
 * that the adapter reads, so that one event counts once.
 */
export const vscodeInstall: Installation = {
  programs: ['code'],
  processes: [],
  project: copilotInstall.project,
  user: copilotInstall.user,
  home: undefined,
  files: (agent) => [
    flatHooks(
      agent,
      'belay-vscode.json',
      { first: commonHooks, later: ['UserPromptSubmit'] },
      'command',
      () => ({ type: 'command', command: hookCommand(agent), timeout: hookTimeoutSeconds }),
    ),
  ],
  // Unless `chat.useCustomizationsInParentRepositories` is on, which it is not by default (1.139.1).
  fromSubfolders: false,
};
