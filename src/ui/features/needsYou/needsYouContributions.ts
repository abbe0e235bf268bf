import { worktreeRows } from '../../rows/contextValues';
import { isWaiting, onRows, type CommandContributions, type ViewContribution } from '../../rows/contribution';

export const needsYouViewContribution: ViewContribution = { title: 'Needs You', when: isWaiting, size: 1 };

export const needsYouContributions = {
  'belay.bringBack': {
    title: 'Recover Lost Work',
    icon: 'debug-step-back',
    menus: onRows('needsYou', 'notice', 'inline@1', '1_open@1'),
  },
  'belay.dismissNotice': {
    title: 'Dismiss Notice',
    icon: 'close',
    menus: onRows('needsYou', 'notice', 'inline@2', '9_dismiss@1'),
  },
  'belay.acceptAnswer': {
    title: 'This Answer Is Right',
    icon: 'check',
    menus: onRows('needsYou', 'answer', 'inline@1', '1_open@1'),
  },
  'belay.refuseAnswer': {
    title: 'Not Mine: Ask Again',
    icon: 'close',
    menus: onRows('needsYou', 'answer', 'inline@2', '1_open@2'),
  },
  'belay.reviewReset': {
    title: 'Review Reset',
    icon: 'question',
    menus: [
      ...onRows('needsYou', 'decision', '1_open@1'),
      ...onRows('worktrees', worktreeRows({ presence: ['waits'] }), 'inline@2', '1_open@1'),
    ],
  },
  'belay.answerReset': {
    title: 'Answer Reset in a Dialog',
    menus: onRows('needsYou', 'decision', '1_open@2'),
  },
} satisfies CommandContributions;
