import { DroppedFileNode } from '../../rows/backupNodes';
import { checkpointKinds, command, fileUri, type HandlersOf } from '../../rows/command';
import { FileNode } from '../../rows/nodes';
import { StagedFileNode, StagedNode } from '../../rows/stagedNodes';
import type { restoreContributions } from './restoreContributions';

export const restoreHandlers: HandlersOf<typeof restoreContributions> = {
  'belay.restoreFile': command({
    on: [FileNode, fileUri],
    run: async (app, on, selected) => (await import('./restoreFile')).restoreFile(app, on, selected),
  }),
  'belay.restoreCheckpoint': command({
    on: checkpointKinds,
    run: async (app, on) => (await import('./restoreCheckpoint')).restoreCheckpoint(app, on),
  }),
  'belay.restoreStaged': command({
    on: [StagedNode, StagedFileNode, ...checkpointKinds],
    run: async (app, on) => (await import('./restoreStaged')).restoreStagedState(app, on),
  }),
  'belay.undoRestore': command({
    run: async (app) => (await import('./undoRestore')).undoLastRestore(app),
  }),
  'belay.restoreFromBackup': command({
    on: [DroppedFileNode],
    run: async (app, on, selected) =>
      (await import('./restoreDropped')).restoreDroppedFile(app, on, selected),
  }),
};
