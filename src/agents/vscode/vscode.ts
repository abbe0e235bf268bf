import type { Agent } from '../agent';
import { copilot } from '../copilot/copilot';
import { hookCommand } from '../hookCommand';
import { commonHooks, flatHooks, hookTimeoutSeconds } from '../installation';
import { wantsNothing } from '../trust';
import { vscodeAdapter } from './vscodeAdapter';

export const vscode: Agent = {
  look: { name: 'VS Code', icon: 'vscode', badge: 'Vs' },
  adapter: vscodeAdapter,
  /**
   * It shares its folders with copilot's command line, which runs these hooks as well: their payloads are then not VS Code's, and
   * the adapter drops them, as copilot's drops VS Code's.
   */
  installation: {
    programs: ['code'],
    processes: [],
    project: copilot.installation.project,
    user: copilot.installation.user,
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
  },
  trust: wantsNothing,
  payloads: [],
};
