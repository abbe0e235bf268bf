import path from 'node:path';
import * as v from 'valibot';
import { homeFolder } from '../installation';
import { foldersAround, type Trust } from '../trust';

export const copilotHome = homeFolder('.copilot', 'COPILOT_HOME');

const list = v.fallback(v.array(v.string()), []);

export const copilotTrust: Trust = {
  switchedOffIn: undefined,
  folder: {
    trusts: async ({ personal, json }, root) => {
      const settings = await json(path.join(copilotHome(personal), 'config.json'));
      const trusted = ['trusted_folders', 'trustedFolders'].flatMap((name) => v.parse(list, settings[name]));
      return foldersAround(root).some((folder) => trusted.includes(folder));
    },
    next: 'Start copilot there and trust the folder for future sessions.',
  },
  approval: undefined,
};
