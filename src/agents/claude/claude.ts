import type { Agent } from '../agent';
import { commonHooks, groupedHooks } from '../installation';
import { claudeAdapter } from './claudeAdapter';
import { claudeHome, claudeTrust } from './claudeTrust';

export const claude: Agent = {
  look: { name: 'Claude Code', icon: 'sparkle', badge: 'Cl' },
  adapter: claudeAdapter,
  installation: {
    programs: ['claude'],
    processes: ['claude'],
    project: '.claude',
    user: claudeHome,
    home: claudeHome,
    // A timeout of its own also raises the 1.5 s that it gives the end of a session.
    files: (agent) => [
      groupedHooks(agent, 'settings.json', {
        first: [...commonHooks, 'PostToolUseFailure', 'StopFailure', 'SessionEnd'],
        later: ['UserPromptSubmit', 'PreSkillShellCommand'],
      }),
    ],
    fromSubfolders: false,
  },
  trust: claudeTrust,
  payloads: ['default'],
};
