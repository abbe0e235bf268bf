import { checkpointKinds, command, type HandlersOf } from '../../rows/command';
import { RepositoryNode } from '../../rows/repositoryNode';
import { WorktreeNode } from '../../rows/worktreeNode';
import { PinNode } from './pinNode';
import type { worktreeContributions } from './worktreeContributions';

/** A pin, or what is of the repository that has pins. */
const pinKinds = [PinNode, WorktreeNode, RepositoryNode] as const;

export const worktreeHandlers: HandlersOf<typeof worktreeContributions> = {
  'belay.pinWorktrees': command({
    on: pinKinds,
    run: async (app, on) => (await import('./pinning')).pinWorktrees(app, on),
  }),
  'belay.updatePin': command({
    on: pinKinds,
    run: async (app, on) => (await import('./pinning')).updatePin(app, on),
  }),
  'belay.applyPin': command({
    on: pinKinds,
    run: async (app, on) => (await import('./pinning')).applyPin(app, on),
  }),
  'belay.removePin': command({
    on: pinKinds,
    run: async (app, on) => (await import('./pinning')).removePin(app, on),
  }),
  'belay.newWorktree': command({
    on: pinKinds,
    run: async (app, on) => (await import('./newWorktrees')).newWorktree(app, on),
  }),
  'belay.newWorktrees': command({
    on: pinKinds,
    run: async (app, on) => (await import('./newWorktrees')).newWorktrees(app, on),
  }),
  'belay.newWorktreeFrom': command({
    on: checkpointKinds,
    run: async (app, on) => (await import('./newFromCheckpoint')).newWorktreeFrom(app, on),
  }),
  'belay.removeWorktree': command({
    on: [WorktreeNode],
    run: async (app, on) => (await import('./removing')).removeWorktree(app, on),
  }),
};
