import type { Agent } from '../agent';
import { vscodeAdapter } from './vscodeAdapter';
import { vscodeInstall } from './vscodeInstall';
import { vscodeTrust } from './vscodeTrust';

export const vscode: Agent = {
  look: { name: 'VS Code Local', icon: 'vscode', badge: 'Vs' },
  adapter: vscodeAdapter,
  installation: vscodeInstall,
  trust: vscodeTrust,
  payloads: [],
};
