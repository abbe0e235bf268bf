import { commonHooks, groupedHooks, homeFolder, type Installation } from '../installation';

const qwenHome = homeFolder('.qwen');

export const qwenInstall: Installation = {
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
};
