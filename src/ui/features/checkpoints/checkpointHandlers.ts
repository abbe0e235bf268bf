import { checkpointKinds, command, row, type HandlersOf } from '../../rows/command';
import { UncoveredNode } from '../../rows/fileNodes';
import { MoreNode } from '../../rows/sessionNodes';
import type { checkpointContributions } from './checkpointContributions';

const commands = () => import('./checkpointCommands');

export const checkpointHandlers: HandlersOf<typeof checkpointContributions> = {
  'belay.checkpointNow': async (app) => (await commands()).checkpointNow(app),
  'belay.showCheckpoint': async (app) => (await commands()).showCheckpoint(app),
  'belay.openDiff': command([row('diff'), ...checkpointKinds], async () => (await commands()).openDiff),
  'belay.createBranch': command(checkpointKinds, async () => (await commands()).createBranchFrom),
  'belay.copyId': command(checkpointKinds, async () => (await commands()).copyId),
  'belay.revealCheckpoint': command(checkpointKinds, async () => (await commands()).revealCheckpoint),
  'belay.loadMore': command([MoreNode], async () => (await commands()).loadMore),
  'belay.includePath': command([UncoveredNode], async () => (await import('./includePath')).includePath),
  'belay.stopIncluding': async (app) => (await import('./includePath')).stopIncluding(app),
};
