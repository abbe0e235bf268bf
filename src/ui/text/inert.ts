/** Marks that turn the reading direction around, with which a name can pose as another. */
const directionMarks = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g;
// eslint-disable-next-line no-control-regex -- control characters are what must not get through
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Parts two characters that together would mean something, and is not to be seen. */
const gap = '\u200b';

/**
 * Text from outside (file names, messages, branches, session ids) as one line that VS Code shows and does not
 * interpret: `$(icon)` stays what it is in quick picks and the status bar, `[text](command:...)` makes no link in a
 * notification, and nothing turns the reading direction.
 */
export function inert(text: string): string {
  return text
    .replace(controls, ' ')
    .replace(directionMarks, '\ufffd')
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
