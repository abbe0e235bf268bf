import { commonHooks, groupedHooks, homeFolder, type Installation } from '../installation';

export const claudeHome = homeFolder('.claude', 'CLAUDE_CONFIG_DIR');

export const claudeInstall: Installation = {
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
};
