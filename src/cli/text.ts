import type { Checkpoint, FileChange } from '../checkpoint/checkpoint';
import { pathText } from '../git/path';
import { inert } from '../inert';

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
