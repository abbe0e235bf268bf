import type { Agent } from '../agent';
import { copilotAdapter } from './copilotAdapter';
import { copilotInstall } from './copilotInstall';
import { copilotTrust } from './copilotTrust';

export const copilot: Agent = {
  look: { name: 'Copilot', icon: 'copilot', badge: 'Co' },
  adapter: copilotAdapter,
  installation: copilotInstall,
  trust: copilotTrust,
  payloads: ['default', 'gpt'],
};
