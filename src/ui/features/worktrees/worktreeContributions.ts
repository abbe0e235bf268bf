import { checkpointRows, worktreeRows } from '../../rows/contextValues';
import {
  inTitle,
  isOpen,
  onRows,
  type CommandContributions,
  type ViewContribution,
} from '../../rows/contribution';

export const worktreesViewContribution: ViewContribution = {
  title: 'Worktrees',
  size: 1,
  welcome: [
    {
      key: 'noWorktrees',
      when: 'belay.state != open && belay.state != opening',
      text: 'The worktrees of your repository appear here.',
    },
  ],
};

export const worktreeContributions = {
  'belay.pinWorktrees': {
    title: 'Pin Worktrees to Commit...',
    icon: 'pinned',
    menus: [inTitle('worktrees', 'navigation@2', isOpen)],
  },
  'belay.updatePin': {
    title: 'Update Pin from Upstream',
    icon: 'cloud-download',
    menus: [inTitle('worktrees', '2_pin@2', isOpen), ...onRows('worktrees', 'pin', 'inline@2', '1_pin@2')],
  },
  'belay.applyPin': {
    title: 'Apply Pin',
    icon: 'run-all',
    menus: [
      inTitle('worktrees', '2_pin@1', isOpen),
      ...onRows('worktrees', 'pin', 'inline@1', '1_pin@1'),
      ...onRows('worktrees', worktreeRows({ presence: ['there'] }), '2_sync@2'),
    ],
  },
  'belay.removePin': {
    title: 'Remove Pin',
    icon: 'trash',
    menus: [inTitle('worktrees', '2_pin@3', isOpen), ...onRows('worktrees', 'pin', '9_remove@1')],
  },
  'belay.newWorktree': {
    title: 'New Worktree at Pin...',
    icon: 'add',
    menus: [inTitle('worktrees', 'navigation@3', isOpen), ...onRows('worktrees', 'pin', '2_new@1')],
  },
  'belay.newWorktrees': {
    title: 'New Worktrees for Agents...',
    icon: 'organization',
    menus: [inTitle('worktrees', '1_worktrees@1', isOpen), ...onRows('worktrees', 'pin', '2_new@2')],
  },
  'belay.newWorktreeFrom': {
    title: 'New Worktree from Checkpoint...',
    icon: 'repo-clone',
    menus: onRows(['sessions', 'backups', 'worktrees'], checkpointRows, '2_restore@3'),
  },
  'belay.removeWorktree': {
    title: 'Remove Worktree',
    icon: 'trash',
    menus: [
      inTitle('worktrees', '1_worktrees@2', isOpen),
      ...onRows('worktrees', worktreeRows({ linked: true }), '9_remove@1'),
    ],
  },
} satisfies CommandContributions;
