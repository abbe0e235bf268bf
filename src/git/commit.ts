/** Text from outside as one line: a trailer's value must not be able to start another trailer. */
export function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what must go
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
}

/** The text of a commit object. Identities and dates do not depend on the user's settings. */
export function formatCommit(commit: {
  readonly tree: string;
  readonly parents: readonly string[];
  /** The author's name. */
  readonly agent: string;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly message: string;
}): string {
  const name = oneLine(commit.agent).replace(/[<>]/g, '') || 'agent';
  return [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${name} <agent@belay.invalid> ${commit.time} +0000`,
    `committer Belay <belay@belay.invalid> ${commit.time} +0000`,
    '',
    commit.message,
  ].join('\n');
}

/** What the text of a commit object says, and nothing about what it means. */
export interface CommitText {
  readonly tree: string;
  readonly parents: readonly string[];
  /** The committer's, in milliseconds since the epoch. */
  readonly time: number;
  readonly message: string;
}

export function readCommit(content: string): CommitText {
  const split = content.indexOf('\n\n');
  const header = content.slice(0, split < 0 ? content.length : split).split('\n');
  const field = (name: string): string[] =>
    header.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const time = /> (\d+) [+-]\d{4}$/.exec(field('committer')[0] ?? '')?.[1];
  return {
    tree: field('tree')[0] ?? '',
    parents: field('parent'),
    time: Number(time ?? 0) * 1000,
    message: split < 0 ? '' : content.slice(split + 2),
  };
}

/** A trailer's name and value; one without a value is left out. */
export type Trailer = readonly [name: string, value: string | undefined];

/** A message: the person's words, then one block of `Belay-` trailers. */
export function formatTrailers(words: string, trailers: readonly Trailer[]): string {
  const block = trailers.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${oneLine(value)}`],
  );
  return `${words.replaceAll('\0', '').trim()}\n\n${block.join('\n')}\n`;
}

/** The last paragraph of a message as trailers, and the words before it. */
export function readTrailers(message: string): {
  readonly body: string;
  readonly trailers: ReadonlyMap<string, readonly string[]>;
} {
  const text = message.trimEnd();
  const blockStart = text.lastIndexOf('\n\n') + 2;
  const trailers = new Map<string, string[]>();
  for (const line of text.slice(blockStart).split('\n')) {
    const match = /^(Belay-[A-Za-z-]+): (.*)$/s.exec(line);
    if (match !== null) {
      const [, name = '', value = ''] = match;
      trailers.set(name, [...(trailers.get(name) ?? []), value]);
    }
  }
  return { body: text.slice(0, Math.max(0, blockStart - 2)), trailers };
}
