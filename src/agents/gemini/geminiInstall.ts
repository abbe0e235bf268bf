import { groupedHooks, homeFolder, type Installation } from '../installation';

export const geminiHome = homeFolder('.gemini');

export const geminiInstall: Installation = {
  programs: ['gemini'],
  processes: ['gemini'],
  project: '.gemini',
  user: geminiHome,
  home: geminiHome,
  files: (agent) => [
    groupedHooks(
      agent,
      'settings.json',
      {
        first: ['SessionStart', 'BeforeTool', 'AfterTool', 'AfterAgent', 'SessionEnd'],
        later: ['BeforeAgent'],
      },
      { matcher: '*', unitsPerSecond: 1_000 },
    ),
  ],
  fromSubfolders: false,
};
