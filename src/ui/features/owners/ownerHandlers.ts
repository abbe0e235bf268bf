import { command, fileUri, type HandlersOf } from '../../rows/command';
import type { ownerContributions } from './ownerContributions';

export const ownerHandlers: HandlersOf<typeof ownerContributions> = {
  'belay.whoOwns': command({
    on: [fileUri],
    run: async (app, on) => (await import('./whoOwns')).whoOwns(app, on),
  }),
};
