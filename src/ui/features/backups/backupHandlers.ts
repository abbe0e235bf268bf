import { DroppedCommitNode } from './backupNodes';
import { backupKinds, command, type HandlersOf } from '../../rows/command';
import type { backupContributions } from './backupContributions';

/** Brings dropped commits back: from the row of a backup, and from the palette under a name that says what for. */
const branchFrom = command({
  on: backupKinds,
  run: async (app, on) => (await import('./backupCommands')).branchFrom(app, on),
});

export const backupHandlers: HandlersOf<typeof backupContributions> = {
  'belay.compareBackup': command({
    on: backupKinds,
    run: async (app, on) => (await import('./backupCommands')).compareBackup(app, on),
  }),
  'belay.branchFromBackup': branchFrom,
  'belay.restoreDropped': branchFrom,
  'belay.copyBackupRef': command({
    on: backupKinds,
    run: async (app, on) => (await import('./backupCommands')).copyBackupRef(app, on),
  }),
  'belay.copyCommitId': command({
    on: [DroppedCommitNode],
    run: async (app, on) => (await import('./backupCommands')).copyCommitId(app, on),
  }),
  'belay.deleteBackup': command({
    on: backupKinds,
    run: async (app, on) => (await import('./backupCommands')).deleteBackup(app, on),
  }),
  'belay.pickDropped': command({
    on: [DroppedCommitNode, ...backupKinds],
    run: async (app, on) => (await import('./pickDropped')).pickDropped(app, on),
  }),
};
