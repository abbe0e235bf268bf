import { worktreeRows } from '../../rows/contextValues';
import {
  inTitle,
  isNetworking,
  isOpen,
  onRows,
  whole,
  type CommandContributions,
} from '../../rows/contribution';

export const syncContributions = {
  'belay.sync': {
    title: 'Sync with Upstream',
    icon: 'repo-sync',
    menus: [
      ...onRows('worktrees', worktreeRows({ presence: ['there'] }), 'inline@2', '2_sync@1'),
      { menu: 'scm/title', when: whole('scmProvider == git', isOpen), group: '7_belay@3' },
    ],
  },
  'belay.syncAll': {
    title: 'Sync All Worktrees',
    icon: 'repo-sync',
    menus: [inTitle('worktrees', 'navigation@1', isOpen, `!${isNetworking}`)],
  },
  'belay.cancelSync': {
    title: 'Cancel Sync',
    icon: 'debug-stop',
    enablement: isNetworking,
    menus: [
      inTitle('worktrees', 'navigation@1', isNetworking),
      ...onRows('worktrees', 'network', 'inline@1', '1_open@1'),
      { menu: 'scm/title', when: whole('scmProvider == git', isNetworking), group: '7_belay@4' },
    ],
  },
} satisfies CommandContributions;
