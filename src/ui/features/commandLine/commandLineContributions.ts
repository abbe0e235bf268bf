import { inTitle, type CommandContributions } from '../../rows/contribution';

export const commandLineContributions = {
  'belay.installCommandLine': { title: 'Install Command Line', menus: [inTitle('sessions', '3_help@3')] },
} satisfies CommandContributions;
