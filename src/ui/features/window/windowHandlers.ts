import { command, type HandlersOf } from '../../rows/command';
import type { windowContributions } from './windowContributions';

export const windowHandlers: HandlersOf<typeof windowContributions> = {
  'belay.refresh': command({
    run: (app) => {
      app.pinStates.forget();
      app.agentStates.forget();
      return app.repositories.refresh();
    },
  }),
  'belay.showLog': command({
    run: (app) => {
      app.log.show();
    },
  }),
};
