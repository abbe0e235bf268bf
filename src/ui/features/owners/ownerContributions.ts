import { isOpen, isTrusted, whole, type CommandContributions } from '../../rows/contribution';

export const ownerContributions = {
  'belay.whoOwns': {
    title: 'Who Owns This File?',
    icon: 'account',
    menus: [
      {
        menu: 'explorer/context',
        when: whole(isTrusted, isOpen, 'resourceScheme == file', '!explorerResourceIsFolder'),
        group: '7_belay@2',
      },
      {
        menu: 'editor/title',
        when: whole(isTrusted, isOpen, 'resourceScheme == file', '!isInDiffEditor'),
        group: '7_belay@2',
      },
    ],
  },
} satisfies CommandContributions;
