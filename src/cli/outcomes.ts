import type { FanOutOutcome } from '../fanout/fanOutOutcome';
import { inert } from '../inert';
import { english } from '../localizer';
import { movedLines } from '../toldWords';
import { movedShape } from './shapes';

export function outcomeShape(outcome: FanOutOutcome): Record<string, unknown> {
  return {
    worktree: outcome.worktree,
    outcome: outcome.outcome,
    head: outcome.head ?? null,
    pin: outcome.pin,
    backup: outcome.backup ?? null,
    decision: outcome.decision ?? null,
    position: outcome.state?.position ?? null,
    checkpoint: outcome.checkpoint ?? null,
    reason: outcome.reason ?? null,
    moved: (outcome.moved ?? []).map(movedShape),
    words: outcome.message ?? null,
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
