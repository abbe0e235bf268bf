import { checkpointRows, fileRows } from '../../rows/contextValues';
import {
  inTitle,
  isOpen,
  isTrusted,
  never,
  onRows,
  whole,
  type CommandContributions,
} from '../../rows/contribution';

/** The views that have rows of checkpoints and files. */
const views = ['sessions', 'backups', 'worktrees'] as const;

export const restoreContributions = {
  'belay.restoreFile': {
    title: 'Restore File',
    icon: 'discard',
    menus: [
      inTitle('sessions', '2_restore@1', isOpen),
      ...onRows(views, fileRows('file'), 'inline@1', '2_restore@1'),
      {
        menu: 'explorer/context',
        when: whole(isTrusted, isOpen, 'resourceScheme == file', '!explorerResourceIsFolder'),
        group: '7_belay@1',
      },
      {
        menu: 'editor/title',
        when: whole(isTrusted, isOpen, 'resourceScheme == file', '!isInDiffEditor'),
        group: '7_belay@1',
      },
    ],
  },
  'belay.restoreCheckpoint': {
    title: 'Restore Checkpoint',
    icon: 'discard',
    menus: [
      inTitle('sessions', '2_restore@2', isOpen),
      ...onRows(views, checkpointRows, 'inline@2', '2_restore@1'),
    ],
  },
  'belay.restoreStaged': {
    title: 'Restore Staged State',
    icon: 'git-stash-apply',
    menus: [
      inTitle('sessions', '2_restore@3', isOpen),
      ...onRows(views, ['checkpoint.staged', 'checkpoint.stale.staged'], '2_restore@2'),
      ...onRows(views, 'stagedState', 'inline@1'),
      ...onRows(views, ['stagedState', ...fileRows('stagedFile')], '2_restore@1'),
    ],
  },
  'belay.undoRestore': {
    title: 'Undo Last Restore',
    menus: [
      inTitle('sessions', '2_restore@4', isOpen),
      { menu: 'scm/title', when: whole('scmProvider == git', isOpen), group: '7_belay@2' },
    ],
  },
  'belay.restoreFromBackup': {
    title: 'Restore File from Backup',
    icon: 'discard',
    palette: never,
    menus: onRows(
      'backups',
      // A file that the commit deleted is not in it.
      fileRows('droppedFile', ['added', 'modified', 'type_changed']),
      'inline@1',
      '2_restore@1',
    ),
  },
} satisfies CommandContributions;
