import { closeOpen } from '../agents/gaps';
import { isSlow, openIn } from '../agents/mark';
import { noteFits } from '../agents/slowness';
import { slowState, slowWords } from '../agents/slowState';
import { takeOnTheWay } from '../checkpoint/take';
import type { Worktree } from '../git/worktree';
import { isReason, reasons } from '../reasons';
import { fixCommand, type Finding } from './finding';

/** What kept hooks of agents from covering the files, a finding for each reason. */
export async function hookGaps(worktree: Worktree): Promise<Finding[]> {
  const open = await openIn(worktree);
  const slowly = await slow(worktree);
  if (open.length === 0 && slowly.length === 0) {
    const message = 'The hooks of agents have covered what they were called for.';
    return [{ kind: 'hook_gap', level: 'ok', message, fix: undefined }];
  }
  const counts = new Map<string, number>();
  for (const { why } of open.filter((one) => !isSlow(one))) {
    counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  const others: Finding[] = [...counts].map(([reason, count]) => ({
    kind: 'hook_gap',
    level: 'problem',
    message: `${count === 1 ? 'A hook of an agent has' : `${count} hooks of agents have`} not covered the files here: ${because(reason)} The next look at everything covers them.`,
    fix: fixCommand,
  }));
  return [...others, ...slowly];
}

async function slow(worktree: Worktree): Promise<Finding[]> {
  const slow = await slowState(worktree);
  return slow === undefined
    ? []
    : [
        {
          kind: 'slow_scan',
          level: slow.waits || slow.paused ? 'problem' : 'note',
          message: slowWords(slow),
          fix: slow.waits ? fixCommand : undefined,
        },
      ];
}

function because(reason: string): string {
  switch (reason) {
    case 'interrupted':
      return 'it was ended, or took longer than belay.hookTimeout allows (20 seconds where nothing is set).';
    case 'disk_full':
      return 'the disk is full. Make room first.';
    case 'unreadable':
      return 'what it has put down below .git/belay/agents/gaps cannot be read.';
    default:
      return isReason(reason) ? `${reason}. ${reasons[reason].next}` : 'of something unexpected.';
  }
}

/** Looks at everything in their place. @returns a sentence where there was something to do. @throws as a checkpoint does. */
export async function closeHookGaps(worktree: Worktree, leases: readonly string[]): Promise<string[]> {
  const open = await openIn(worktree);
  if (open.length === 0) {
    return [];
  }
  const { checkpoint } = await takeOnTheWay(worktree, {
    session: 'command-line',
    agent: 'editor',
    message: 'Cover what hooks of agents could not',
    leases,
  });
  await closeOpen(worktree, open);
  await noteFits(worktree);
  return [`Covered with ${checkpoint.oid.slice(0, 10)} what hooks of agents could not.`];
}
