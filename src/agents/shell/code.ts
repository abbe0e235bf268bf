/**
 * What code of other languages may run, by its literals: texts that hold a command, and lists that spell one
 * (`["git", "reset", "--hard"]`). What it computes is not followed.
 */
export type FoundInCode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'words'; readonly words: readonly string[] };

export interface Literal {
  readonly text: string;
  /** Where its quotes begin and end in the code. */
  readonly start: number;
  readonly end: number;
}

const literalLimit = 5_000;
const listLimit = 200;

/** Programs that a list may begin with. */
const leads =
  /^(?:.*[/\\])?(?:git(?:-[a-z-]+)?(?:\.exe)?|(?:ba|z|da)?sh|rm|mv|sudo|env|xargs|find|rimraf|trash)$/i;

export function codeRuns(code: string): FoundInCode[] {
  const literals = literalsIn(code);
  const texts = literals.filter(({ text }) => /\s/.test(text) && /[a-z]/i.test(text)).map(({ text }) => text);
  const joined = joinedTexts(code, literals);
  const quotedWords = [
    ...code.matchAll(
      /(?:\bq[wx]|%[xwWi])\s*(?:\(([^)]*)\)|\{([^}]*)\}|\[([^\]]*)\]|\/([^/]*)\/|\|([^|]*)\|)/g,
    ),
  ].map(([, ...found]) => found.join(''));
  const words = [...literals.keys()].flatMap((at) => {
    const list = listFrom(code, literals, at);
    return list === undefined ? [] : [list];
  });
  return [
    ...[...texts, ...joined, ...quotedWords]
      .filter((text) => /git|\brm\b|\bmv\b|\bfind\b/i.test(text))
      .slice(0, listLimit)
      .map((text) => ({ kind: 'text', text: asShell(text) }) as const),
    ...[...words, ...byMethods(code)]
      .slice(0, listLimit)
      .map((list) => ({ kind: 'words', words: list }) as const),
  ];
}

/** A template's places are what cannot be told. */
function asShell(text: string): string {
  return text.replace(/[$#]\{[^}]*\}/g, '"$belay_unknown"');
}

/** The literals of a text, without comments. */
export function literalsIn(code: string): Literal[] {
  const found: Literal[] = [];
  const token = /\/\/[^\n]*|\/\*[^]*?\*\/|(?<=^|\s)#[^\n]*|("""|'''|["'`])/g;
  let from = 0;
  while (found.length < literalLimit) {
    token.lastIndex = from;
    const match = token.exec(code);
    if (match === null) {
      break;
    }
    const [whole, quote] = match;
    let at = match.index + whole.length;
    if (quote !== undefined) {
      const within = quote.length > 1 || quote === '`' ? /$^/ : /\n/;
      while (at < code.length && !code.startsWith(quote, at) && !within.test(code[at] ?? '')) {
        at += code[at] === '\\' ? 2 : 1;
      }
      const end = Math.min(code.length, at + quote.length);
      found.push({
        text: unescaped(code.slice(match.index + quote.length, at)),
        start: match.index,
        end,
      });
      at = end;
    }
    from = Math.max(at, from + 1);
  }
  return found;
}

function unescaped(text: string): string {
  return text.replace(/\\(u[\da-f]{4}|x[\da-f]{2}|.)/gis, (_, what: string) =>
    /^[ux]./i.test(what)
      ? String.fromCharCode(Number.parseInt(what.slice(1), 16))
      : what === 'n'
        ? '\n'
        : what === 't'
          ? '\t'
          : what === '\n'
            ? ''
            : what,
  );
}

/** Texts that are put together of several literals (`'git ' + 'reset'`). */
function joinedTexts(code: string, literals: readonly Literal[]): string[] {
  const joined: string[] = [];
  let now = '';
  let parts = 0;
  for (const [at, { text, end }] of literals.entries()) {
    now += text;
    parts += 1;
    const next = literals[at + 1];
    if (next === undefined || !/^\s*(?:[+.]\s*)?$/.test(code.slice(end, next.start))) {
      joined.push(...(parts > 1 ? [now] : []));
      [now, parts] = ['', 0];
    }
  }
  return joined;
}

/** The words of a list that begins with a program. */
function listFrom(code: string, literals: readonly Literal[], at: number): string[] | undefined {
  const first = literals[at];
  if (first === undefined || !leads.test(first.text)) {
    return undefined;
  }
  const words = [first.text];
  for (let next = at + 1; next < literals.length && words.length < listLimit; next += 1) {
    const [before, now] = [literals[next - 1], literals[next]];
    const gap = code.slice(before?.end ?? 0, now?.start ?? 0);
    if (/^\s*(?:,|=>|\s)\s*[[(]?\s*$/.test(gap)) {
      words.push(now?.text ?? '');
    } else if (/^\s*,\s*\[?\s*[*.\w$]+\s*,\s*\[?\s*$/.test(gap)) {
      words.push('\0', now?.text ?? '');
    } else {
      break;
    }
  }
  return words.length > 1 ? words : undefined;
}

/** What libraries call git's commands by: `repo.git.reset('--hard')`, `simpleGit().reset(['--hard'])`. */
function byMethods(code: string): string[][] {
  return [...code.matchAll(/\b\w*git(?:\([^()]*\))?\.(\w+)\(([^()]*)\)/gi)].map(
    ([, method = '', args = '']) => {
      const words = literalsIn(args).map(({ text }) => text);
      return method === 'raw' ? ['git', ...words] : ['git', method.replaceAll('_', '-'), ...words];
    },
  );
}
