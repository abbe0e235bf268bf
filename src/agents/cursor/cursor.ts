import type { Agent } from '../agent';
import { wantsNothing } from '../trust';
import { cursorAdapter } from './cursorAdapter';
import { cursorInstall } from './cursorInstall';

export const cursor: Agent = {
  look: { name: 'Cursor', icon: 'inspect', badge: 'Cu' },
  adapter: cursorAdapter,
  installation: cursorInstall,
  trust: wantsNothing,
  payloads: [],
};
