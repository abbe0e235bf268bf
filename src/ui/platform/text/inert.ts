import { inert as withoutActing } from '../../../inert';

/** What ends a line or column: all of it is one line here. */
const breaks = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;

/** Parts two characters that together would mean something, and is not to be seen. */
const gap = '\u200b';

/**
 * Text from outside (file names, messages, branches, session ids) as one line that VS Code shows and does not
 * interpret: `$(icon)` stays what it is in quick picks and the status bar, `[text](command:...)` makes no link in a
 * notification, and nothing turns the reading direction.
 */
export function inert(text: string): string {
  return withoutActing(text.replace(breaks, ' '))
    .replace(/\$\(/g, `$${gap}(`)
    .replace(/\]\(/g, `]${gap}(`)
    .trim();
}

/** Like {@link inert}, and not longer than `length` characters. */
export function inertLine(text: string, length = 120): string {
  const line = inert(text);
  const characters = Array.from(line);
  return characters.length <= length ? line : `${characters.slice(0, length - 1).join('')}…`;
}

/** Text from outside for a Markdown string: every character that Markdown or HTML gives a meaning is escaped. */
export function escapeMarkdown(text: string): string {
  return inert(text)
    .replace(/[\\`*_{}[\]()#+\-.!|~^=:/]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/@/g, '&#64;');
}
