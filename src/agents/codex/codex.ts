import type { Agent } from '../agent';
import { codexAdapter } from './codexAdapter';
import { codexInstall } from './codexInstall';
import { codexTrust } from './codexTrust';

export const codex: Agent = {
  look: { name: 'Codex', icon: 'terminal', badge: 'Cx' },
  adapter: codexAdapter,
  installation: codexInstall,
  trust: codexTrust,
  payloads: ['default', 'gpt'],
};
