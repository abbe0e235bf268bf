import { backupKinds, command, text, type HandlersOf } from '../../rows/command';
import { WorktreeNode } from '../../rows/worktreeNode';
import { NoticeNode, AnswerNode, DecisionNode } from './needsYouNodes';
import type { needsYouContributions } from './needsYouContributions';

/** What stands for a decision: its row, the worktree in which it waits, or its id. */
const decisionKinds = [DecisionNode, WorktreeNode, text] as const;

export const needsYouHandlers: HandlersOf<typeof needsYouContributions> = {
  'belay.bringBack': command(backupKinds, async () => (await import('./needsYouCommands')).bringBack),
  'belay.dismissNotice': command(
    [NoticeNode],
    async () => (await import('./needsYouCommands')).dismissNotice,
  ),
  'belay.acceptAnswer': command([AnswerNode], async () => (await import('./needsYouCommands')).acceptAnswer),
  'belay.refuseAnswer': command([AnswerNode], async () => (await import('./needsYouCommands')).refuseAnswer),
  'belay.reviewReset': command(decisionKinds, async () => (await import('./needsYouCommands')).reviewReset),
  'belay.answerReset': command(decisionKinds, async () => (await import('./needsYouCommands')).answerReset),
};
