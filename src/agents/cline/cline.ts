import type { Agent } from '../agent';
import { wantsNothing } from '../trust';
import { clineAdapter } from './clineAdapter';
import { clineInstall } from './clineInstall';

export const cline: Agent = {
  look: { name: 'Cline', icon: 'hubot', badge: 'Ci' },
  adapter: clineAdapter,
  installation: clineInstall,
  trust: wantsNothing,
  payloads: ['default', 'gpt'],
};
