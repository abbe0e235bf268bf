import type { HandlersOf } from '../../rows/command';
import type { windowContributions } from './windowContributions';

export const windowHandlers: HandlersOf<typeof windowContributions> = {
  'belay.refresh': (app) => {
    app.pinStates.forget();
    app.agentStates.forget();
    return app.repositories.refresh();
  },
  'belay.showLog': (app) => {
    app.log.show();
  },
};
