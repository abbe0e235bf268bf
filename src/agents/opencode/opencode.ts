import path from 'node:path';
import type { Agent } from '../agent';
import { homeFolder, type PersonalPlaces } from '../installation';
import { wantsNothing } from '../trust';
import { opencodeAdapter } from './opencodeAdapter';
import { earlierPlugins, pluginMark, pluginText } from './opencodePlugin';

const configHome = homeFolder('.config', 'XDG_CONFIG_HOME');
const opencodeHome = (places: PersonalPlaces): string => path.join(configHome(places), 'opencode');

export const opencode: Agent = {
  look: { name: 'opencode', icon: 'code', badge: 'Oc' },
  adapter: opencodeAdapter,
  installation: {
    programs: ['opencode'],
    processes: ['opencode'],
    project: '.opencode/plugins',
    user: (places) => path.join(opencodeHome(places), 'plugins'),
    home: opencodeHome,
    files: (agent) => [
      {
        name: 'belay.js',
        own: { text: pluginText(agent), mark: pluginMark, executable: false, earlier: earlierPlugins(agent) },
      },
    ],
    fromSubfolders: true,
  },
  trust: wantsNothing,
  payloads: ['default', 'gpt'],
};
