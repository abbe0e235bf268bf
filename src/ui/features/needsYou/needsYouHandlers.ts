import { backupKinds, command, text, type HandlersOf } from '../../rows/command';
import { WorktreeNode } from '../../rows/worktreeNode';
import { NoticeNode } from './noticeNode';
import { AnswerNode } from './answerNode';
import { DecisionNode } from './decisionNode';
import type { needsYouContributions } from './needsYouContributions';

/** What stands for a decision: its row, the worktree in which it waits, or its id. */
const decisionKinds = [DecisionNode, WorktreeNode, text] as const;

export const needsYouHandlers: HandlersOf<typeof needsYouContributions> = {
  'belay.bringBack': command(backupKinds, async () => (await import('./notices')).bringBack),
  'belay.dismissNotice': command([NoticeNode], async () => (await import('./notices')).dismissNotice),
  'belay.acceptAnswer': command([AnswerNode], async () => (await import('./confirmAnswer')).acceptAnswer),
  'belay.refuseAnswer': command([AnswerNode], async () => (await import('./confirmAnswer')).refuseAnswer),
  'belay.reviewReset': command(decisionKinds, async () => (await import('./decisionCommands')).reviewReset),
  'belay.answerReset': command(decisionKinds, async () => (await import('./decisionCommands')).answerReset),
};
