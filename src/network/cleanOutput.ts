/** Where a URL names a user or a password: everything between `://` and the last `@` before the path. */
const userInfo = /([a-z][a-z0-9+.-]*):\/\/([^\s/]*)@/gi;
/** What follows a URL's path; some servers take tokens there. */
const query = /([a-z][a-z0-9+.-]*:\/\/[^\s?#'"]*)[?#][^\s'"]*/gi;
// eslint-disable-next-line no-control-regex -- control characters are what must not get through
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+/g;

/** What git adds to every ssh failure, whatever its cause. */
const filler = /^(?:Please make sure you have the correct access rights|and the repository exists\.)$/;
/** How far git and the remote are. */
const progress =
  /^(?:remote: )?(?:Enumerating|Counting|Compressing|Receiving|Resolving|Unpacking|Writing|Updating|Total|Checking)\b/;

/** What a fetch lists of the references that it has moved, or need not move. */
const listing = /^(?:From |[*+=-] .* -> |[0-9a-f]{4,}\.\.\.?[0-9a-f]{4,} )/;
const telling = /^(?:fatal|error|warning|hint|ssh|remote|.*denied|.*[Hh]ost key)/;

/** A line is no longer than this. */
const longestLine = 300;
/** How many lines are shown: the first ones say what happened, and in the last ones git says what to do about it. */
const shownLines = { first: 2, last: 4 } as const;

/**
 * Text in which no URL carries credentials any more. The user name of an ssh URL stays: it is no secret, and part of the
 * address; with http it may be a token.
 */
export function withoutCredentials(text: string): string {
  return text
    .replace(userInfo, (_match, scheme: string, who: string) => {
      const user = /ssh/i.test(scheme) ? (who.split(':')[0] ?? '') : '';
      return `${scheme}://${user === '' ? '' : `${user}@`}`;
    })
    .replace(query, '$1');
}

/** Makes text fit to be shown and logged: one line, no control characters, no credentials of these URLs. */
export function cleaner(urls: readonly string[]): (text: string) => string {
  const secrets = urls.flatMap(secretsOf).sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = withoutCredentials(text);
    for (const secret of secrets) {
      clean = clean.replaceAll(secret, '***');
    }
    return clean.replace(controls, ' ').trim();
  };
}

/** The passwords and tokens of a URL as they may occur elsewhere; very short ones would garble the text. */
function secretsOf(url: string): string[] {
  const [, scheme = '', who = ''] = new RegExp(userInfo.source, 'i').exec(url) ?? [];
  const [user = '', ...password] = who.split(':');
  const found = [password.join(':'), /ssh/i.test(scheme) ? '' : user];
  const values = /[?&][^=&]+=([^&#]+)/g;
  found.push(...[...url.matchAll(values)].map(([, value = '']) => value));
  return [...found, ...found.map(decoded)].filter((secret) => secret.length >= 6);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (thrown) {
    if (thrown instanceof URIError) {
      return text;
    }
    throw thrown;
  }
}

/**
 * What a failed git said, in the few lines that tell why, with its own advice, which comes last and may go on over several lines.
 */
export function gist(stderr: string, clean: (text: string) => string): string {
  const lines = stderr
    .split(/[\r\n]+/)
    .map((line) => clean(line))
    .filter((line) => line !== '' && !filler.test(line) && !progress.test(line) && !listing.test(line));
  const first = lines.findIndex((line) => telling.test(line));
  const said = lines.slice(Math.max(0, first)).map(shortened);
  const { first: begin, last: end } = shownLines;
  const shown =
    said.length <= begin + end ? said : [...said.slice(0, begin), '…', ...said.slice(said.length - end)];
  // A line that says nothing by itself goes on with the one before it.
  return shown
    .map((line, at) => (at === 0 ? '' : telling.test(line) || first < 0 ? ' / ' : ' ') + line)
    .join('');
}

function shortened(line: string): string {
  return line.length <= longestLine ? line : `${line.slice(0, longestLine - 1)}…`;
}
