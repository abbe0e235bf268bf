import type { Agent } from '../agent';
import { geminiAdapter } from './geminiAdapter';
import { geminiInstall } from './geminiInstall';
import { geminiTrust } from './geminiTrust';

export const gemini: Agent = {
  look: { name: 'Gemini', icon: 'star-empty', badge: 'Ge' },
  adapter: geminiAdapter,
  installation: geminiInstall,
  trust: geminiTrust,
  payloads: ['default'],
};
