import { backupKinds, command, text, type HandlersOf } from '../../rows/command';
import { WorktreeNode } from '../../rows/worktreeNode';
import { NoticeNode, AnswerNode, DecisionNode } from './needsYouNodes';
import type { needsYouContributions } from './needsYouContributions';

/** What stands for a decision: its row, the worktree in which it waits, or its id. */
const decisionKinds = [DecisionNode, WorktreeNode, text] as const;

const commands = () => import('./needsYouCommands');

export const needsYouHandlers: HandlersOf<typeof needsYouContributions> = {
  'belay.bringBack': command(backupKinds, async () => (await commands()).bringBack),
  'belay.dismissNotice': command([NoticeNode], async () => (await commands()).dismissNotice),
  'belay.acceptAnswer': command([AnswerNode], async () => (await commands()).acceptAnswer),
  'belay.refuseAnswer': command([AnswerNode], async () => (await commands()).refuseAnswer),
  'belay.reviewReset': command(decisionKinds, async () => (await commands()).reviewReset),
  'belay.answerReset': command(decisionKinds, async () => (await commands()).answerReset),
};
