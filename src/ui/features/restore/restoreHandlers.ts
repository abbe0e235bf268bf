import { checkpointKinds, command, fileUri, row, type HandlersOf, type Of } from '../../rows/command';
import { FileNode } from '../../rows/fileNodes';
import type { restoreContributions } from './restoreContributions';

/** Files of commits that were dropped. */
const droppedFileKinds = [row('droppedFile')] as const;

export type OnDroppedFile = Of<typeof droppedFileKinds>;

export const restoreHandlers: HandlersOf<typeof restoreContributions> = {
  'belay.restoreFile': command({
    on: [FileNode, fileUri],
    run: async (app, on, selected) => (await import('./restoreCommands')).restoreFile(app, on, selected),
  }),
  'belay.restoreCheckpoint': command({
    on: checkpointKinds,
    run: async (app, on) => (await import('./restoreCommands')).restoreCheckpoint(app, on),
  }),
  'belay.restoreStaged': command({
    on: checkpointKinds,
    run: async (app, on) => (await import('./restoreStaged')).restoreStagedState(app, on),
  }),
  'belay.undoRestore': command({
    run: async (app) => (await import('./undoRestore')).undoLastRestore(app),
  }),
  'belay.restoreFromBackup': command({
    on: droppedFileKinds,
    run: async (app, on, selected) =>
      (await import('./restoreCommands')).restoreDroppedFile(app, on, selected),
  }),
};
