/** Patterns of file names. */

/**
 * A pattern as a regular expression for a whole text.
 * @param across whether `*` matches a slash as well, as in find's `-path`.
 */
export function globExpression(pattern: string, across: boolean): RegExp {
  const any = across ? '[^]' : '[^/]';
  const source = pattern.replace(
    /\*+|\?|\[([!^]?)((?:\]?[^\]]*))\]|[^]/g,
    (found: string, not?: string, set?: string) => {
      if (found.startsWith('*')) {
        return `${any}*`;
      }
      if (found === '?') {
        return any;
      }
      if (set !== undefined && set !== '') {
        return `[${not === '' ? '' : '^'}${set.replace(/[\\\]^[]/g, '\\$&')}]`;
      }
      return found.replace(/[$()*+.?[\\\]^{|}/-]/g, '\\$&');
    },
  );
  try {
    return new RegExp(`^${source}$`);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) {
      return /^(?!)/;
    }
    throw thrown;
  }
}

/** The alternatives of a text with braces: `a{b,c}` is `ab` and `ac`; at most so many. */
export function bracesOf(text: string, limit = 64): string[] {
  const found = /\{([^{}]*)\}/.exec(text);
  if (found === null || limit <= 1) {
    return [text];
  }
  const [whole, inner = ''] = found;
  const range = /^(\d+)\.\.(\d+)$/.exec(inner);
  const between =
    range === null
      ? inner.split(',')
      : Array.from({ length: Math.min(limit, Math.abs(Number(range[2]) - Number(range[1])) + 1) }, (_, at) =>
          String(Math.min(Number(range[1]), Number(range[2])) + at),
        );
  if (range === null && between.length < 2) {
    // Not one that a shell would expand.
    const [head, rest] = [text.slice(0, found.index + 1), text.slice(found.index + 1)];
    return bracesOf(rest.replace('}', '\u0002'), limit).map((one) => `${head}${one.replace('\u0002', '}')}`);
  }
  const [before, after] = [text.slice(0, found.index), text.slice(found.index + whole.length)];
  return between.flatMap((one) => bracesOf(`${before}${one}${after}`, Math.floor(limit / 2))).slice(0, limit);
}
