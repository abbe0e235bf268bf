import type { Checkpoint, FileChange } from '../checkpoint/model';
import { pathText } from '../git/path';

const unfit =
  // eslint-disable-next-line no-control-regex -- control characters are what must not reach the terminal
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Text from outside on a terminal: control characters could move the cursor or hide what follows, and marks that turn the
 * reading direction could show one name as another.
 */
export function inert(text: string): string {
  return text.replace(unfit, '\ufffd');
}

export function oneLineOf(checkpoint: Checkpoint): string {
  const when = new Date(checkpoint.time).toISOString().replace('T', ' ').slice(0, 19);
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
