import { sessionRows, worktreeRows } from '../../rows/contextValues';
import {
  isOpen,
  isTrusted,
  onRows,
  whole,
  type CommandContributions,
  type ViewContribution,
} from '../../rows/contribution';

/** Where git cannot run, this view says so, with ways out. */
const gitWaysOut =
  '[Choose git](command:workbench.action.openSettings?%5B%22belay.git.path%22%5D)\n[Try again](command:belay.refresh) or [show the log](command:belay.showLog).';

export const sessionsViewContribution: ViewContribution = {
  title: 'Sessions',
  size: 3,
  welcome: [
    {
      key: 'untrusted',
      when: `!${isTrusted}`,
      text: 'Belay runs git only in folders that you trust.\n[Manage Workspace Trust](command:workbench.trust.manage)',
    },
    {
      key: 'noFolder',
      when: whole(isTrusted, 'workspaceFolderCount == 0'),
      text: 'Open a folder in a git repository to see what your agents did in it.\n[Open Folder](command:workbench.action.files.openFolder)',
    },
    {
      key: 'noRepository',
      when: whole(isTrusted, 'workspaceFolderCount != 0', 'belay.state == no_repository'),
      text: 'This folder is not in a git repository, so there is nothing that Belay could hold on to.\n[Initialize Repository](command:git.init)',
    },
    {
      key: 'gitMissing',
      when: 'belay.state == git_missing',
      text: `git could not be started. Nothing was changed. Install git, or name it in the settings.\n${gitWaysOut}`,
    },
    {
      key: 'gitTooOld',
      when: 'belay.state == git_too_old',
      text: `This git is too old for Belay. Nothing was changed. Install git 2.38 or newer, or name another one in the settings.\n${gitWaysOut}`,
    },
    {
      key: 'noSessions',
      when: whole(isTrusted, isOpen),
      text: 'No checkpoints yet. A checkpoint saves the current state of every file without touching your branch, index or stash.\n[Checkpoint Now](command:belay.checkpointNow)\n[Connect your agents](command:belay.connectAgents), and each change that they make is saved.',
    },
  ],
};

export const sessionContributions = {
  'belay.takeOver': {
    title: 'Take Over Session',
    icon: 'person-add',
    menus: [
      ...onRows('sessions', 'session.held', 'inline@1'),
      ...onRows('sessions', sessionRows('held', 'free', 'left'), '4_lease@1'),
    ],
  },
  'belay.release': {
    title: 'Release',
    icon: 'unlock',
    menus: [
      ...onRows('sessions', 'session.mine', 'inline@1'),
      ...onRows('sessions', sessionRows('held', 'mine', 'left'), '4_lease@2'),
      ...onRows('worktrees', worktreeRows({ standing: ['held', 'mine', 'left'] }), 'inline@1', '4_lease@1'),
    ],
  },
  'belay.endSession': {
    title: 'End Session',
    icon: 'debug-stop',
    menus: onRows('sessions', sessionRows('own', 'mine', 'held', 'free', 'left'), '4_lease@3'),
  },
} satisfies CommandContributions;
