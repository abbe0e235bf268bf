import { command, text, type HandlersOf } from '../../rows/command';
import { SessionNode } from '../../rows/sessionNodes';
import { WorktreeNode } from '../../rows/worktreeNode';
import type { sessionContributions } from './sessionContributions';

export const sessionHandlers: HandlersOf<typeof sessionContributions> = {
  'belay.takeOver': command([SessionNode, text], async () => (await import('./sessionLeases')).takeOver),
  'belay.release': command(
    [WorktreeNode, SessionNode, text],
    async () => (await import('./sessionLeases')).release,
  ),
  'belay.endSession': command([SessionNode, text], async () => (await import('./sessionLeases')).endOne),
};
