import type { Agent } from '../agent';
import { claudeAdapter } from './claudeAdapter';
import { claudeInstall } from './claudeInstall';
import { claudeTrust } from './claudeTrust';

export const claude: Agent = {
  look: { name: 'Claude Code', icon: 'sparkle', badge: 'Cl' },
  adapter: claudeAdapter,
  installation: claudeInstall,
  trust: claudeTrust,
  payloads: ['default'],
};
