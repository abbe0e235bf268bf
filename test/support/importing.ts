import { execFileSync } from 'node:child_process';

/** What a commit has at a path: a file, something with a mode of its own, or nothing. */
export type Content =
  string | Buffer | { readonly mode: string; readonly content: string | Buffer } | undefined;

/** A file name, as text or, where it is not UTF-8, in latin1 after `bytes:`. */
export type Files = Readonly<Record<string, Content>>;

export interface Imported {
  /** Commit ids, the first parent first; none for a commit without a history. */
  readonly parents: readonly string[];
  /** What is different from the first parent. */
  readonly files: Files;
  readonly message: string | Buffer;
  /** The branch that is then on the commit; without one it is on none. */
  readonly branch?: string;
}

/** Holds the commit while it is made. */
const scratch = 'refs/heads/importing';

/**
 * Makes a commit in a repository, bare or not, without touching a worktree, by one git process where `add`, `commit` and `push`
 * would be some twenty (git-fast-import(1)). @returns its id.
 */
export function importCommit(folder: string, { parents, files, message, branch }: Imported): string {
  const ref = branch === undefined ? scratch : `refs/heads/${branch}`;
  const [first, ...others] = parents;
  const who = `Test Person <test@example.com> ${Math.floor(Date.now() / 1000)} +0000`;
  const changes = Object.entries(files);
  const stream: (string | Buffer)[] = [
    // A branch that is there already would be the parent of a commit that is to have none.
    ...(first === undefined ? [`reset ${ref}\n`] : []),
    `commit ${ref}\nmark :1\ncommitter ${who}\n`,
    ...data(message),
    ...(first === undefined ? [] : [`from ${first}\n`]),
    ...others.map((parent) => `merge ${parent}\n`),
    // What goes comes first: a file may take the place of a folder.
    ...changes.flatMap(([name, what]) => (what === undefined ? ['D ', quoted(name), '\n'] : [])),
    ...changes.flatMap(([name, what]) => (what === undefined ? [] : modified(name, what))),
    'get-mark :1\n',
    ...(branch === undefined ? [`reset ${ref}\nfrom ${'0'.repeat(first?.length ?? 40)}\n`] : []),
    'done\n',
  ];
  return execFileSync('git', ['fast-import', '--quiet', '--done', '--force'], {
    cwd: folder,
    input: Buffer.concat(stream.map((part) => Buffer.from(part))),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  }).trim();
}

function modified(name: string, what: Exclude<Content, undefined>): (string | Buffer)[] {
  const { mode, content } =
    typeof what === 'object' && 'mode' in what ? what : { mode: '100644', content: what };
  return mode === '160000'
    ? [`M ${mode} ${content.toString()} `, quoted(name), '\n']
    : [`M ${mode} inline `, quoted(name), '\n', ...data(content)];
}

function data(content: string | Buffer): (string | Buffer)[] {
  const bytes = Buffer.from(content);
  return [`data ${bytes.length}\n`, bytes, '\n'];
}

/** A path in quotes, with each byte that could mean something written as a number. */
function quoted(name: string): string {
  const bytes = name.startsWith('bytes:') ? Buffer.from(name.slice(6), 'latin1') : Buffer.from(name);
  const escaped = [...bytes].map((byte) =>
    byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c
      ? `\\${byte.toString(8).padStart(3, '0')}`
      : String.fromCharCode(byte),
  );
  return `"${escaped.join('')}"`;
}
