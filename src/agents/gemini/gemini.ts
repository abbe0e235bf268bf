import type { Agent } from '../agent';
import { groupedHooks } from '../installation';
import { geminiAdapter } from './geminiAdapter';
import { geminiHome, geminiTrust } from './geminiTrust';

export const gemini: Agent = {
  look: { name: 'Gemini', icon: 'star-empty', badge: 'Ge' },
  adapter: geminiAdapter,
  installation: {
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
  },
  trust: geminiTrust,
  payloads: ['default'],
};
