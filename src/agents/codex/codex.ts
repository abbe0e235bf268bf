import type { Agent } from '../agent';
import { commonHooks, groupedHooks } from '../installation';
import { codexAdapter } from './codexAdapter';
import { codexHome, codexTrust } from './codexTrust';

export const codex: Agent = {
  look: { name: 'Codex', icon: 'terminal', badge: 'Cx' },
  adapter: codexAdapter,
  installation: {
    programs: ['codex'],
    processes: ['codex'],
    project: '.codex',
    user: codexHome,
    home: codexHome,
    // It knows no failed tools, and has never been seen to tell of a failed turn; each event asks its user for an approval.
    files: (agent) => [
      groupedHooks(agent, 'hooks.json', {
        first: [...commonHooks, 'SessionEnd'],
        later: ['UserPromptSubmit', 'Interrupt'],
      }),
    ],
    fromSubfolders: true,
  },
  trust: codexTrust,
  payloads: ['default', 'gpt'],
};
