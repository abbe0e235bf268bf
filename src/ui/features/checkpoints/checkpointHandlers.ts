import { checkpointKinds, command, row, type HandlersOf } from '../../rows/command';
import { UncoveredNode } from '../../rows/fileNodes';
import { MoreNode } from '../../rows/sessionNodes';
import type { checkpointContributions } from './checkpointContributions';

export const checkpointHandlers: HandlersOf<typeof checkpointContributions> = {
  'belay.checkpointNow': async (app) => (await import('./checkpointCommands')).checkpointNow(app),
  'belay.showCheckpoint': async (app) => (await import('./checkpointCommands')).showCheckpoint(app),
  'belay.openDiff': command(
    [row('diff'), ...checkpointKinds],
    async () => (await import('./checkpointCommands')).openDiff,
  ),
  'belay.createBranch': command(
    checkpointKinds,
    async () => (await import('./checkpointCommands')).createBranchFrom,
  ),
  'belay.copyId': command(checkpointKinds, async () => (await import('./checkpointCommands')).copyId),
  'belay.revealCheckpoint': command(
    checkpointKinds,
    async () => (await import('./checkpointCommands')).revealCheckpoint,
  ),
  'belay.loadMore': command([MoreNode], async () => (await import('./checkpointCommands')).loadMore),
  'belay.includePath': command([UncoveredNode], async () => (await import('./includePath')).includePath),
  'belay.stopIncluding': async (app) => (await import('./includePath')).stopIncluding(app),
};
