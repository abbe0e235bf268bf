import path from 'node:path';
import { homeFolder, type Installation, type PersonalPlaces } from '../installation';
import { earlierPlugins, pluginMark, pluginText } from './opencodePlugin';

const configHome = homeFolder('.config', 'XDG_CONFIG_HOME');
const opencodeHome = (places: PersonalPlaces): string => path.join(configHome(places), 'opencode');

export const opencodeInstall: Installation = {
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
};
