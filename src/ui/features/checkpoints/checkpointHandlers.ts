import { checkpointKinds, command, row, type HandlersOf } from '../../rows/command';
import { UncoveredNode } from '../../rows/fileNodes';
import { MoreNode } from '../../rows/sessionNodes';
import type { checkpointContributions } from './checkpointContributions';

export const checkpointHandlers: HandlersOf<typeof checkpointContributions> = {
  'belay.checkpointNow': command({
    run: async (app) => (await import('./checkpointNow')).checkpointNow(app),
  }),
  'belay.showCheckpoint': command({
    run: async (app) => (await import('./showCheckpoint')).showCheckpoint(app),
  }),
  'belay.openDiff': command({
    on: [row('diff'), ...checkpointKinds],
    run: async (app, on) => (await import('./showCheckpoint')).openDiff(app, on),
  }),
  'belay.createBranch': command({
    on: checkpointKinds,
    run: async (app, on) => (await import('./createBranch')).createBranchFrom(app, on),
  }),
  'belay.copyId': command({
    on: checkpointKinds,
    run: async (app, on) => (await import('./showCheckpoint')).copyId(app, on),
  }),
  'belay.revealCheckpoint': command({
    on: checkpointKinds,
    run: async (app, on) => (await import('./showCheckpoint')).revealCheckpoint(app, on),
  }),
  'belay.loadMore': command({
    on: [MoreNode],
    run: async (app, on) => {
      (await import('./showCheckpoint')).loadMore(app, on);
    },
  }),
  'belay.includePath': command({
    on: [UncoveredNode],
    run: async (app, on) => (await import('./includePath')).includePath(app, on),
  }),
  'belay.stopIncluding': command({
    run: async (app) => (await import('./includePath')).stopIncluding(app),
  }),
};
