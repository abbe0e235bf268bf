import { copilotInstall } from '../copilot/copilotInstall';
import { hookCommand } from '../hookCommand';
import { commonHooks, flatHooks, hookTimeoutSeconds, type Installation } from '../installation';

/**
 * It shares its folders with copilot's command line, which runs these hooks as well: their payloads are then not VS Code's, and
 * the adapter drops them, as copilot's drops VS Code's.
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
  fromSubfolders: true,
};
