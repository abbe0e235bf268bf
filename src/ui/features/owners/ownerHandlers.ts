import { command, fileUri, type HandlersOf } from '../../rows/command';
import type { ownerContributions } from './ownerContributions';

export const ownerHandlers: HandlersOf<typeof ownerContributions> = {
  'belay.whoOwns': command([fileUri], async () => (await import('./whoOwns')).whoOwns),
};
