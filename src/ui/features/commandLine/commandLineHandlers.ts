import type { HandlersOf } from '../../rows/command';
import type { commandLineContributions } from './commandLineContributions';

export const commandLineHandlers: HandlersOf<typeof commandLineContributions> = {
  'belay.installCommandLine': async (app) => (await import('./commandLineLauncher')).installCommandLine(app),
};
