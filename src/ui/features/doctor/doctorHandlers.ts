import type { HandlersOf } from '../../rows/command';
import type { doctorContributions } from './doctorContributions';

export const doctorHandlers: HandlersOf<typeof doctorContributions> = {
  'belay.doctor': async (app) => (await import('./runDoctor')).runDoctor(app),
};
