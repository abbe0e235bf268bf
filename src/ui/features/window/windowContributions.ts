import { inTitle, type CommandContributions } from '../../rows/contribution';

/** What is about the window itself. */
export const windowContributions = {
  'belay.refresh': {
    title: 'Refresh',
    icon: 'refresh',
    menus: [inTitle(['needsYou', 'sessions', 'backups', 'worktrees', 'agents'], 'navigation@9')],
  },
  'belay.showLog': { title: 'Show Log', icon: 'output', menus: [inTitle('sessions', '3_help@2')] },
} satisfies CommandContributions;
