import { DroppedCommitNode } from './backupNodes';
import { backupKinds, command, type HandlersOf } from '../../rows/command';
import type { backupContributions } from './backupContributions';

const commands = () => import('./backupCommands');

/** Brings dropped commits back: from the row of a backup, and from the palette under a name that says what for. */
const branchFrom = command(backupKinds, async () => (await commands()).branchFrom);

export const backupHandlers: HandlersOf<typeof backupContributions> = {
  'belay.compareBackup': command(backupKinds, async () => (await commands()).compareBackup),
  'belay.branchFromBackup': branchFrom,
  'belay.restoreDropped': branchFrom,
  'belay.copyBackupRef': command(backupKinds, async () => (await commands()).copyBackupRef),
  'belay.copyCommitId': command([DroppedCommitNode], async () => (await commands()).copyCommitId),
  'belay.deleteBackup': command(backupKinds, async () => (await commands()).deleteBackup),
  'belay.pickDropped': command(
    [DroppedCommitNode, ...backupKinds],
    async () => (await commands()).pickDropped,
  ),
};
