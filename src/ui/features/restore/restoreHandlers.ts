import { checkpointKinds, command, fileUri, row, type HandlersOf, type Of } from '../../rows/command';
import { FileNode } from '../../rows/fileNodes';
import type { restoreContributions } from './restoreContributions';

/** Files of commits that were dropped. */
const droppedFileKinds = [row('droppedFile')] as const;

export type OnDroppedFile = Of<typeof droppedFileKinds>;

const commands = () => import('./restoreCommands');

export const restoreHandlers: HandlersOf<typeof restoreContributions> = {
  'belay.restoreFile': command([FileNode, fileUri], async () => (await commands()).restoreFile),
  'belay.restoreCheckpoint': command(checkpointKinds, async () => (await commands()).restoreCheckpoint),
  'belay.restoreStaged': command(
    checkpointKinds,
    async () => (await import('./restoreStaged')).restoreStagedState,
  ),
  'belay.undoRestore': async (app) => (await import('./undoRestore')).undoLastRestore(app),
  'belay.restoreFromBackup': command(droppedFileKinds, async () => (await commands()).restoreDroppedFile),
};
