import { checkpointKinds, command, type HandlersOf } from '../../rows/command';
import { RepositoryNode } from '../../rows/repositoryNode';
import { WorktreeNode } from '../../rows/worktreeNode';
import { PinNode } from './pinNode';
import type { worktreeContributions } from './worktreeContributions';

/** A pin, or what is of the repository that has pins. */
const pinKinds = [PinNode, WorktreeNode, RepositoryNode] as const;

export const worktreeHandlers: HandlersOf<typeof worktreeContributions> = {
  'belay.pinWorktrees': command(pinKinds, async () => (await import('./pinning')).pinWorktrees),
  'belay.updatePin': command(pinKinds, async () => (await import('./pinning')).updatePin),
  'belay.applyPin': command(pinKinds, async () => (await import('./pinning')).applyPin),
  'belay.removePin': command(pinKinds, async () => (await import('./pinning')).removePin),
  'belay.newWorktree': command(pinKinds, async () => (await import('./newWorktrees')).newWorktree),
  'belay.newWorktrees': command(pinKinds, async () => (await import('./newWorktrees')).newWorktrees),
  'belay.newWorktreeFrom': command(
    checkpointKinds,
    async () => (await import('./newWorktrees')).newWorktreeFrom,
  ),
  'belay.removeWorktree': command([WorktreeNode], async () => (await import('./removing')).removeWorktree),
};
