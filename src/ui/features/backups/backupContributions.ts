import {
  inTitle,
  isOpen,
  never,
  onRows,
  type CommandContributions,
  type ViewContribution,
} from '../../rows/contribution';

export const backupsViewContribution: ViewContribution = {
  title: 'Backups',
  visibility: 'collapsed',
  welcome: [
    {
      key: 'noBackups',
      when: 'belay.state != opening',
      text: 'No backups. Before anything drops commits, Belay saves them here.',
    },
  ],
};

export const backupContributions = {
  'belay.compareBackup': {
    title: 'Compare Backup with Current Branch',
    icon: 'git-compare',
    menus: [
      ...onRows('backups', 'backup', 'inline@1', '1_open@1'),
      ...onRows('needsYou', 'notice', '1_open@2'),
    ],
  },
  'belay.branchFromBackup': {
    title: 'Create Branch from Backup',
    icon: 'git-branch',
    menus: onRows('backups', 'backup', 'inline@2', '2_restore@1'),
  },
  'belay.restoreDropped': {
    title: 'Restore Dropped Commits',
    icon: 'git-branch',
    menus: [inTitle('backups', '1_restore@1', isOpen)],
  },
  'belay.copyBackupRef': {
    title: 'Copy Ref of Backup',
    icon: 'copy',
    menus: [...onRows('backups', 'backup', '3_more@1'), ...onRows('needsYou', 'notice', '5_copy@1')],
  },
  'belay.copyCommitId': {
    title: 'Copy Commit Id',
    icon: 'copy',
    palette: never,
    menus: onRows('backups', 'droppedCommit', 'inline@2', '3_more@1'),
  },
  'belay.deleteBackup': {
    title: 'Delete Backup',
    icon: 'trash',
    menus: onRows('backups', 'backup', '4_delete@1'),
  },
  'belay.pickDropped': {
    title: 'Cherry-Pick Dropped Commits',
    icon: 'git-commit',
    menus: [
      inTitle('backups', '1_restore@2', isOpen),
      ...onRows('backups', ['backup', 'droppedCommit'], '2_restore@2'),
    ],
  },
} satisfies CommandContributions;
