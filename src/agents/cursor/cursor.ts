import type { Agent } from '../agent';
import { hookCommand } from '../hookCommand';
import { flatHooks, homeFolder, hookTimeoutSeconds } from '../installation';
import { wantsNothing } from '../trust';
import { cursorAdapter } from './cursorAdapter';

const cursorHome = homeFolder('.cursor');

export const cursor: Agent = {
  look: { name: 'Cursor', icon: 'inspect', badge: 'Cu' },
  adapter: cursorAdapter,
  installation: {
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
  },
  trust: wantsNothing,
  payloads: [],
};
