import { backupKinds, command, text, type HandlersOf } from '../../rows/command';
import { WorktreeNode } from '../../rows/worktreeNode';
import { NoticeNode } from './noticeNode';
import { AnswerNode } from './answerNode';
import { DecisionNode } from './decisionNode';
import type { needsYouContributions } from './needsYouContributions';

/** What stands for a decision: its row, the worktree in which it waits, or its id. */
const decisionKinds = [DecisionNode, WorktreeNode, text] as const;

export const needsYouHandlers: HandlersOf<typeof needsYouContributions> = {
  'belay.bringBack': command({
    on: backupKinds,
    run: async (app, on) => (await import('./notices')).bringBack(app, on),
  }),
  'belay.dismissNotice': command({
    on: [NoticeNode],
    run: async (app, on) => (await import('./notices')).dismissNotice(app, on),
  }),
  'belay.acceptAnswer': command({
    on: [AnswerNode],
    run: async (app, on) => (await import('./confirmAnswer')).acceptAnswer(app, on),
  }),
  'belay.refuseAnswer': command({
    on: [AnswerNode],
    run: async (app, on) => (await import('./confirmAnswer')).refuseAnswer(app, on),
  }),
  'belay.reviewReset': command({
    on: decisionKinds,
    run: async (app, on) => (await import('./reviewReset')).reviewReset(app, on),
  }),
  'belay.answerReset': command({
    on: decisionKinds,
    run: async (app, on) => (await import('./answerResetCommand')).answerReset(app, on),
  }),
};
