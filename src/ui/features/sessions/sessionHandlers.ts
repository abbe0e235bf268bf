import { command, text, type HandlersOf } from '../../rows/command';
import { SessionNode } from '../../rows/sessionNodes';
import { WorktreeNode } from '../../rows/worktreeNode';
import type { sessionContributions } from './sessionContributions';

export const sessionHandlers: HandlersOf<typeof sessionContributions> = {
  'belay.takeOver': command({
    on: [SessionNode, text],
    run: async (app, on) => (await import('./sessionLeases')).takeOver(app, on),
  }),
  'belay.release': command({
    on: [WorktreeNode, SessionNode, text],
    run: async (app, on) => (await import('./sessionLeases')).release(app, on),
  }),
  'belay.endSession': command({
    on: [SessionNode, text],
    run: async (app, on) => (await import('./sessionLeases')).endOne(app, on),
  }),
};
