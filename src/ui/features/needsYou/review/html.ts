import { inert } from '../../../platform/text/inert';

/** Text that is markup already: made only by {@link html}, which escapes whatever is put into it. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | readonly Html[];

/** Markup. Everything put into it that is not markup itself is text from outside: inert, and escaped. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const written = strings.map((piece, index) => {
    const part = parts[index];
    return piece + (part === undefined ? '' : textOf(part));
  });
  return new Html(written.join(''));
}

export const nothing = new Html('');

function textOf(part: Part): string {
  if (part instanceof Html) {
    return part.text;
  }
  return typeof part === 'object' ? part.map(({ text }) => text).join('') : escape(String(part));
}

function escape(text: string): string {
  return inert(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')
    .replace(/`/g, '&#96;');
}
