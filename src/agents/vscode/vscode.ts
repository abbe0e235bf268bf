import type { Agent } from '../agent';
import { copilot } from '../copilot/copilot';
import { hookCommand } from '../hookCommand';
import { commonHooks, flatHooks, hookTimeoutSeconds } from '../installation';
import { vscodeAdapter } from './vscodeAdapter';
import { vscodeTrust } from './vscodeTrust';

export const vscode: Agent = {
  look: { name: 'VS Code Local', icon: 'vscode', badge: 'Vs' },
  adapter: vscodeAdapter,
  /**
   * It shares its folders with copilot's command line: each runs the other's hooks as well. The payloads are then not the ones
   * that the adapter reads, so that one event counts once.
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
    // Unless `chat.useCustomizationsInParentRepositories` is on, which it is not by default (1.139.1).
    fromSubfolders: false,
  },
  trust: vscodeTrust,
  payloads: [],
};
