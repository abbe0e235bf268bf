/** So often a format is gone through at most. */
const roundLimit = 2_000;

/** A text with what `echo -e` takes for escapes. */
export function unescaped(text: string): string {
  return text
    .replace(/\\(?:x([\da-fA-F]{1,2})|0?([0-7]{1,3}))/g, (_, hex?: string, octal?: string) =>
      String.fromCharCode(Number.parseInt(hex ?? octal ?? '0', hex === undefined ? 8 : 16)),
    )
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t')
    .replace(/\\(.)/gs, '$1');
}

/** What `printf` prints. */
export function formatted([given = '', ...args]: readonly string[]): string {
  const format = given === '--' ? (args.shift() ?? '') : given;
  const slots = format.match(/%[-\d.]*[sbqd]/g)?.length ?? 0;
  const rounds = slots === 0 ? 1 : Math.max(1, Math.ceil(args.length / slots));
  let at = 0;
  return Array.from({ length: Math.min(rounds, roundLimit) }, () =>
    unescaped(format).replace(/%(%|[-\d.]*[sbqd])/g, (_, kind: string) => {
      if (kind === '%') {
        return '%';
      }
      at += 1;
      return args[at - 1] ?? '';
    }),
  ).join('');
}
