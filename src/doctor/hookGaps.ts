import { marksLeft, removeMarks, type Mark } from '../agents/gaps';
import { takeCheckpoint } from '../checkpoint/take';
import type { Worktree } from '../git/worktree';
import { isReason, reasons } from '../reasons';
import { mendCommand, type Finding } from './model';

/** What kept hooks of agents from covering the files, a finding for each reason. */
export async function hookGaps(worktree: Worktree): Promise<Finding[]> {
  const marks = await marksLeft(worktree);
  if (marks.length === 0) {
    const message = 'The hooks of agents have covered what they were called for.';
    return [{ kind: 'hook_gap', level: 'ok', message, mend: undefined }];
  }
  const counts = new Map<string, number>();
  for (const { reason } of marks) {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].map(([reason, count]) => ({
    kind: 'hook_gap',
    level: 'problem',
    message: `${count === 1 ? 'A hook of an agent has' : `${count} hooks of agents have`} not covered the files here: ${because(reason)} The next hook looks at all of them.`,
    mend: mendCommand,
  }));
}

function because(reason: string): string {
  switch (reason) {
    case 'interrupted':
      return 'it was ended, or took longer than belay.hookTimeout allows (5 seconds where nothing is set).';
    case 'disk_full':
      return 'the disk is full. Make room first.';
    default:
      return isReason(reason) ? `${reason}. ${reasons[reason].next}` : 'of something unexpected.';
  }
}

/** Looks at everything in their place. @returns a sentence where there was something to do. @throws as a checkpoint does. */
export async function closeHookGaps(worktree: Worktree, leases: readonly string[]): Promise<string[]> {
  const marks: readonly Mark[] = await marksLeft(worktree);
  if (marks.length === 0) {
    return [];
  }
  const { checkpoint } = await takeCheckpoint(worktree, {
    session: 'command-line',
    agent: 'editor',
    message: 'Cover what hooks of agents could not',
    leases,
  });
  await removeMarks(marks);
  return [`Covered with ${checkpoint.oid.slice(0, 10)} what hooks of agents could not.`];
}
