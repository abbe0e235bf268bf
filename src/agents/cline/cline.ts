import path from 'node:path';
import type { Agent } from '../agent';
import { hookCommand } from '../hookCommand';
import { homeFolder } from '../installation';
import { wantsNothing } from '../trust';
import { clineAdapter } from './clineAdapter';

const clineHome = homeFolder('.cline');

/** The names of its files; in its payloads it calls the events otherwise. */
const events = [
  ...['TaskStart', 'TaskResume', 'PreToolUse', 'PostToolUse', 'TaskComplete', 'TaskError'],
  ...['TaskCancel', 'SessionShutdown'],
];

export const cline: Agent = {
  look: { name: 'Cline', icon: 'hubot', badge: 'Ci' },
  adapter: clineAdapter,
  installation: {
    programs: ['cline'],
    processes: ['cline'],
    project: '.cline/hooks',
    user: (places) => path.join(clineHome(places), 'hooks'),
    home: clineHome,
    files: (agent) => {
      const mark = hookCommand(agent);
      const text = `#!/bin/sh\n# Written by Belay (belay connect); belay disconnect takes it away again.\n${mark}\n`;
      return events.map((name) => ({ name, own: { text, mark, executable: true, earlier: new Map() } }));
    },
    fromSubfolders: true,
  },
  trust: wantsNothing,
  payloads: ['default', 'gpt'],
};
