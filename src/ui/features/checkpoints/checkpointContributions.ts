import { checkpointRows, fileRows } from '../../rows/contextValues';
import { inTitle, isOpen, never, onRows, whole, type CommandContributions } from '../../rows/contribution';

/** The views that have rows of checkpoints and files. */
const views = ['sessions', 'backups', 'worktrees'] as const;

export const checkpointContributions = {
  'belay.checkpointNow': {
    title: 'Checkpoint Now',
    icon: 'add',
    menus: [
      inTitle('sessions', 'navigation@1', isOpen),
      { menu: 'scm/title', when: whole('scmProvider == git', isOpen), group: '7_belay@1' },
    ],
  },
  'belay.showCheckpoint': {
    title: 'Show Checkpoint',
    icon: 'list-selection',
    menus: [inTitle('sessions', 'navigation@2', isOpen)],
  },
  'belay.openDiff': {
    title: 'Open Diff',
    icon: 'diff-multiple',
    menus: [
      inTitle('sessions', '1_checkpoint@1', isOpen),
      ...onRows(views, checkpointRows, 'inline@1', '1_open@1'),
      ...onRows(views, fileRows('file'), '1_open@1'),
      ...onRows('backups', 'droppedCommit', 'inline@1'),
      ...onRows('backups', ['droppedCommit', ...fileRows('droppedFile')], '1_open@1'),
    ],
  },
  'belay.createBranch': {
    title: 'Create Branch from Checkpoint',
    icon: 'git-branch',
    menus: [inTitle('sessions', '1_checkpoint@2', isOpen), ...onRows(views, checkpointRows, '3_more@1')],
  },
  'belay.copyId': {
    title: 'Copy Checkpoint Id',
    icon: 'copy',
    menus: onRows(views, checkpointRows, '3_more@2'),
  },
  'belay.revealCheckpoint': {
    title: 'Reveal Checkpoint in Sidebar',
    menus: onRows('worktrees', ['checkpoint', 'checkpoint.staged'], '1_open@2'),
  },
  'belay.loadMore': {
    title: 'Load More Checkpoints',
    palette: never,
    menus: onRows('sessions', 'more', '1_open@1'),
  },
  'belay.includePath': {
    title: 'Include Although Ignored',
    icon: 'add',
    menus: onRows(views, 'uncovered.ignored', 'inline@1', '1_open@1'),
  },
  'belay.stopIncluding': { title: 'Stop Including Ignored Files...' },
} satisfies CommandContributions;
