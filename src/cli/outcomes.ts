import type { FanOutOutcome, Settlement } from '../fanout/fanOutOutcome';
import { inert } from '../inert';
import { english } from '../localizer';
import { movedLines } from '../toldWords';
import type { Context } from './context';
import { movedShape, type Shape } from './shapes';

export function outcomeShape(outcome: FanOutOutcome): Shape {
  return {
    worktree: outcome.worktree,
    outcome: outcome.outcome,
    head: outcome.head,
    pin: outcome.pin,
    backup: outcome.backup,
    decision: outcome.decision,
    position: outcome.state?.position,
    checkpoint: outcome.checkpoint,
    reason: outcome.reason,
    moved: (outcome.moved ?? []).map(movedShape),
    words: outcome.message,
  };
}

export function outcomeLine({
  worktree,
  outcome,
  head,
  decision,
  reason,
  message: words,
  moved = [],
}: FanOutOutcome): string {
  const at = head === undefined ? '' : `  at ${head.slice(0, 10)}`;
  const why = reason === undefined ? '' : ` (${reason})`;
  const waiting = decision === undefined ? '' : `  decision ${decision} waits for you in VS Code`;
  const more = words === undefined ? '' : `  ${words}`;
  return inert(
    [
      `${worktree}  ${outcome.replaceAll('_', ' ')}${why}${at}${waiting}${more}`,
      ...movedLines(english, moved),
    ].join('\n'),
  );
}

/** Exits 3 where something failed, 1 where something was left to be done. */
export function exitWith(context: Context, settlements: readonly Settlement[]): void {
  if (settlements.includes('failed')) {
    context.exit(3);
  } else if (settlements.includes('left')) {
    context.exit(1);
  }
}
