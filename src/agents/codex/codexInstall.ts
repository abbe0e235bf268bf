import { commonHooks, groupedHooks, homeFolder, type Installation } from '../installation';

export const codexHome = homeFolder('.codex', 'CODEX_HOME');

export const codexInstall: Installation = {
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
};
