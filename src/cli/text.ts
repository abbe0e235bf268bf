import type { Checkpoint, FileChange } from '../checkpoint/checkpoint';
import { pathText } from '../git/path';
import { inert, jsonText } from '../inert';

export function oneLineOf(checkpoint: Checkpoint): string {
  const when = timeText(checkpoint.time);
  const subject = checkpoint.message.split('\n', 1)[0] ?? '';
  const gaps = checkpoint.uncovered.length + checkpoint.uncoveredMore;
  const gapText = gaps === 0 ? '' : `  (${gaps} not covered)`;
  return inert(
    `${checkpoint.oid.slice(0, 10)}  ${when}  ${checkpoint.worktree}  ${checkpoint.agent} ${checkpoint.session} #${checkpoint.step}  ${subject}${gapText}`,
  );
}

const letters = { added: 'A', modified: 'M', deleted: 'D', type_changed: 'T' } as const;

export function changeLine(change: FileChange): string {
  return `${letters[change.kind]}  ${pathText(change.path)}`;
}

export function lines(...parts: readonly string[]): string {
  return `${parts.join('\n')}\n`;
}

/** A time for a person, in UTC. @param time in milliseconds since 1970. */
export function timeText(time: number): string {
  return new Date(time).toISOString().replace('T', ' ').slice(0, 19);
}

/** A time for a program; undefined where there is none. @param time in milliseconds since 1970. */
export function isoTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}

/** A value as the JSON of an answer. A field that is named there is always in it: `null` where there is nothing. */
export function answerText(value: unknown): string {
  return `${jsonText(value, (_, field: unknown) => field ?? null)}\n`;
}
