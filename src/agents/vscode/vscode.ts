import type { Agent } from '../agent';
import { wantsNothing } from '../trust';
import { vscodeAdapter } from './vscodeAdapter';
import { vscodeInstall } from './vscodeInstall';

export const vscode: Agent = {
  look: { name: 'VS Code Local', icon: 'vscode', badge: 'Vs' },
  adapter: vscodeAdapter,
  installation: vscodeInstall,
  trust: wantsNothing,
  payloads: [],
};
