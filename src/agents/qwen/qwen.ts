import type { Agent } from '../agent';
import { wantsNothing } from '../trust';
import { qwenAdapter } from './qwenAdapter';
import { qwenInstall } from './qwenInstall';

export const qwen: Agent = {
  look: { name: 'Qwen Code', icon: 'star-half', badge: 'Qw' },
  adapter: qwenAdapter,
  installation: qwenInstall,
  trust: wantsNothing,
  payloads: ['default'],
};
