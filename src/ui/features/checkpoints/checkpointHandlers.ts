import { checkpointKinds, command, row, type HandlersOf } from '../../rows/command';
import { UncoveredNode } from '../../rows/fileNodes';
import { MoreNode } from '../../rows/sessionNodes';
import type { checkpointContributions } from './checkpointContributions';

export const checkpointHandlers: HandlersOf<typeof checkpointContributions> = {
  'belay.checkpointNow': async (app) => (await import('./checkpointNow')).checkpointNow(app),
  'belay.showCheckpoint': async (app) => (await import('./showCheckpoint')).showCheckpoint(app),
  'belay.openDiff': command(
    [row('diff'), ...checkpointKinds],
    async () => (await import('./showCheckpoint')).openDiff,
  ),
  'belay.createBranch': command(
    checkpointKinds,
    async () => (await import('./createBranch')).createBranchFrom,
  ),
  'belay.copyId': command(checkpointKinds, async () => (await import('./showCheckpoint')).copyId),
  'belay.revealCheckpoint': command(
    checkpointKinds,
    async () => (await import('./showCheckpoint')).revealCheckpoint,
  ),
  'belay.loadMore': command([MoreNode], async () => (await import('./showCheckpoint')).loadMore),
  'belay.includePath': command([UncoveredNode], async () => (await import('./includePath')).includePath),
  'belay.stopIncluding': async (app) => (await import('./includePath')).stopIncluding(app),
};
