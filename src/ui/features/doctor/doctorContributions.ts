import { inTitle, type CommandContributions } from '../../rows/contribution';

export const doctorContributions = {
  'belay.doctor': { title: 'Run Health Check', icon: 'pulse', menus: [inTitle('sessions', '3_help@1')] },
} satisfies CommandContributions;
