/**
 * A path inside a worktree as git knows it: relative to its root, with forward slashes, one character per *byte*.
 * Names of files are bytes and need not be UTF-8; text would damage them. Convert at the edges only.
 */
export type GitPath = string;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The path for a text that a person or an editor gave. */
export function pathFromText(text: string): GitPath {
  return Buffer.from(text, 'utf8').toString('latin1');
}

export function pathFromBytes(bytes: Uint8Array): GitPath {
  return Buffer.from(bytes).toString('latin1');
}

export function pathBytes(path: GitPath): Buffer {
  return Buffer.from(path, 'latin1');
}

const shortEscapes = new Map([
  [0x07, 'a'],
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0b, 'v'],
  [0x0c, 'f'],
  [0x0d, 'r'],
  [0x22, '"'],
  [0x5c, '\\'],
]);

const quoted =
  // eslint-disable-next-line no-control-regex -- control characters are what must be quoted
  /["\\\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/**
 * The path as text that is safe on one line and can be read back by {@link parsePathText}: unchanged where it is plain,
 * in git's quoted form (`"a\nb\377"`) where it holds control characters, marks that turn the reading direction, quotes,
 * backslashes or bytes that are not UTF-8, or begins or ends with white space, which would get lost at the end of a line.
 */
export function pathText(path: GitPath): string {
  const bytes = pathBytes(path);
  const text = decodeUtf8(bytes);
  if (text !== undefined && text.trim() === text && !quoted.test(text)) {
    return text;
  }
  return quoteBytes(bytes);
}

/** The first of some paths as text, and how many more there are. */
export function somePaths(paths: readonly GitPath[], most: number): string {
  const more = paths.length > most ? ` and ${paths.length - most} more` : '';
  return paths.slice(0, most).map(pathText).join(', ') + more;
}

/** The bytes in git's quoted form with every byte outside printable ASCII escaped, as git reads it from a list. */
export function quoteBytes(bytes: Buffer): string {
  let quoted = '"';
  for (const byte of bytes) {
    const short = shortEscapes.get(byte);
    if (short !== undefined) {
      quoted += `\\${short}`;
    } else if (byte < 0x20 || byte > 0x7e) {
      quoted += `\\${byte.toString(8).padStart(3, '0')}`;
    } else {
      quoted += String.fromCharCode(byte);
    }
  }
  return `${quoted}"`;
}

/** The inverse of {@link pathText}. A text that is not in the quoted form stands for itself. */
export function parsePathText(text: string): GitPath {
  if (!/^"(?:[^"\\]|\\[abtnvfr"\\]|\\[0-3][0-7]{2})*"$/.test(text)) {
    return pathFromText(text);
  }
  const byLetter = new Map([...shortEscapes].map(([byte, letter]) => [letter, byte]));
  const inner = pathFromText(text.slice(1, -1));
  return inner.replace(/\\(?:([0-3][0-7]{2})|(.))/gs, (_, octal: string | undefined, letter: string) =>
    String.fromCharCode(
      octal === undefined ? (byLetter.get(letter) ?? letter.charCodeAt(0)) : parseInt(octal, 8),
    ),
  );
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch (thrown) {
    if (thrown instanceof TypeError) {
      return undefined;
    }
    throw thrown;
  }
}
