import type { Agent } from '../agent';
import { wantsNothing } from '../trust';
import { opencodeAdapter } from './opencodeAdapter';
import { opencodeInstall } from './opencodeInstall';

export const opencode: Agent = {
  look: { name: 'opencode', icon: 'code', badge: 'Oc' },
  adapter: opencodeAdapter,
  installation: opencodeInstall,
  trust: wantsNothing,
  payloads: ['default', 'gpt'],
};
