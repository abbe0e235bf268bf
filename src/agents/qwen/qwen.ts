import type { Agent } from '../agent';
import { commonHooks, groupedHooks, homeFolder } from '../installation';
import { wantsNothing } from '../trust';
import { qwenAdapter } from './qwenAdapter';

const qwenHome = homeFolder('.qwen');

export const qwen: Agent = {
  look: { name: 'Qwen Code', icon: 'star-half', badge: 'Qw' },
  adapter: qwenAdapter,
  installation: {
    programs: ['qwen'],
    processes: ['qwen'],
    project: '.qwen',
    user: qwenHome,
    home: qwenHome,
    files: (agent) => [
      groupedHooks(
        agent,
        'settings.json',
        {
          first: [...commonHooks, 'PostToolUseFailure', 'StopFailure', 'SessionEnd'],
          later: ['UserPromptSubmit'],
        },
        // It takes small numbers for seconds, large ones for milliseconds.
        { matcher: '*', unitsPerSecond: 1_000 },
      ),
    ],
    fromSubfolders: false,
  },
  trust: wantsNothing,
  payloads: ['default'],
};
