import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { literalsIn } from './code';
import { foundBy, readFind, type Findable } from './find';
import { globExpression } from './globs';
import { baseName, removers } from './programs';
import { unknown, type Code, type Run } from './reading';

/** Whether a call removes a repository itself, or moves it away: every checkpoint lies inside of its `.git`. */

/** The git dir of the repository that an agent works in, and the top of its worktree. */
export interface Home {
  readonly top: string;
  readonly commonDir: string;
}

/** Of what a git dir holds, what checkpoints are made of. */
const inner = [
  'objects',
  'objects/pack',
  'objects/pack/pack-0.pack',
  'refs',
  'refs/belay',
  'packed-refs',
  'reftable',
  'belay',
];

/** What must stay, for a search to come upon. */
export function findableOf(home: Home | undefined): Findable[] {
  if (home === undefined) {
    return [];
  }
  const files = /(?:\.pack|packed-refs)$/;
  return [
    ...ancestors(home.commonDir).map((folder) => ({ path: folder, kind: 'folder' }) as const),
    ...inner.map((name) => ({
      path: path.join(home.commonDir, name),
      kind: files.test(name) ? ('file' as const) : ('folder' as const),
    })),
  ];
}

/** A folder and all that it lies in. */
function ancestors(folder: string): string[] {
  const above = path.dirname(folder);
  return above === folder ? [folder] : [folder, ...ancestors(above)];
}

/** Words without which no text removes a folder. */
const removing =
  /\b(?:rm|unlink|shred|srm|wipe|trash|del|erase|rd|ri|mv|find|rsync|tar|gio|base64)\b|remove|rmdir|rmtree|rename|move|rimraf|trash|delete|rm_r|rmSync|alias|git-?dir/i;

/** Whether a text is worth a closer look. */
export function mayRemove(text: string): boolean {
  return removing.test(text.replace(/["'\\]/g, ''));
}

/** The git dir that a program would remove; undefined: none. */
export function removedBy(run: Run, home: Home | undefined): string | undefined {
  const { args } = run;
  const name = baseName(run.program).toLowerCase();
  const words = positional(args);
  const firstOf = (names: readonly string[]): string | undefined =>
    firstReached(names, run.cwd, run.dots, home);
  if (removers.test(name)) {
    return firstOf(words);
  }
  switch (name) {
    case 'rmdir':
      return args.some((word) => /^\/s$/i.test(word)) ? firstOf(words) : undefined;
    case 'mv':
    case 'move':
    case 'move-item': {
      const into = args.some((word) => /^(?:-[a-zA-Z]*t|--target-directory(?:=.*)?)$/.test(word));
      return firstOf(into || words.length < 2 ? words : words.slice(0, -1));
    }
    case 'find': {
      const search = readFind(args);
      const found =
        search.deletes && run.cwd !== undefined && home !== undefined
          ? foundBy(search, run.cwd, findableOf(home))
          : [];
      return found.length > 0 ? home?.commonDir : undefined;
    }
    case 'tar':
      return args.includes('--remove-files') ? firstOf(words) : undefined;
    case 'rsync': {
      const deletes = args.some((word) => /^--del(?:ete(?:-\w+)?)?$/.test(word));
      const spares = args.some(
        (word, at) =>
          /^(?:-[a-zA-Z]*C|--cvs-exclude$|--(?:exclude|filter)=.*\.git\b)/.test(word) ||
          (/^(?:-f|--exclude|--filter)$/.test(args[at - 1] ?? '') && /\.git\b/.test(word)),
      );
      return deletes && !spares ? firstOf(words.slice(-1)) : undefined;
    }
    default:
      return undefined;
  }
}

function positional(args: readonly string[]): string[] {
  const end = args.indexOf('--');
  const before = end < 0 ? args : args.slice(0, end);
  return [...before.filter((word) => !/^-./.test(word)), ...(end < 0 ? [] : args.slice(end + 1))];
}

/** Functions by which code removes folders or moves them, in one of which a name is reason enough. */
const functions =
  /\b(?:rmtree|remove_tree|rm_rf?|rm_f|remove_entry(?:_secure)?|remove_dir_all|rimraf(?:Sync)?|(?:rm|rmdir|rename|move|remove|unlink|delete)Sync|emptyDir(?:Sync)?|rmdir|rename|renames|move|Remove-Item|Move-Item|(?:fs|fsp|fse|promises|Deno|os|shutil|File|FileUtils|Dir)(?:\.promises)?(?:\.|::)(?:rm|remove|removedirs|replace|unlink|delete|mv))\b|\bawait\s+rm\b/gi;

/** The git dir that code would remove. */
export function removedByCode({ text, cwd }: Code, home: Home | undefined): string | undefined {
  const literals = literalsIn(text);
  const whole = literals.find(({ text: name }) => isGitFolder(name));
  for (const match of text.matchAll(functions)) {
    if (whole !== undefined) {
      return firstReached([whole.text], cwd, false, home) ?? home?.commonDir;
    }
    const end = match.index + match[0].length;
    const line = text.slice(end, end + 300).split(/[;\n]/, 1)[0] ?? '';
    const names = literals
      .filter(({ start }) => start >= end && start < end + line.length)
      .map(({ text: name }) => name)
      .filter((name) => name.length < 1_024 && !/[\s\0]/.test(name) && name !== '');
    const bare = line.split(/\s+/).filter((word) => isGitFolder(word));
    const reached = firstReached([...names, ...bare], cwd, false, home);
    if (reached !== undefined) {
      return reached;
    }
  }
  return undefined;
}

/** The git dir that a text would remove that cannot be read as a shell's. */
export function removedByText(text: string, home: Home | undefined): string | undefined {
  return /\b(?:rm|mv|rmdir|unlink|shred|trash|rimraf|find|remove-item|move-item|rmtree)\b[^;&|\n]*\.git[/\\]?(?=["'`\s;&|)]|$)/i.test(
    text,
  )
    ? home?.commonDir
    : undefined;
}

function isGitFolder(name: string): boolean {
  return /(?:^|[/\\])\.git[/\\]*$/.test(name);
}

function firstReached(
  names: readonly string[],
  cwd: string | undefined,
  dots: boolean,
  home: Home | undefined,
): string | undefined {
  for (const name of names) {
    const reached = gitDirAt(name, cwd, dots, home);
    if (reached !== undefined) {
      return reached;
    }
  }
  return undefined;
}

/** The git dir that goes with what is named, by a pattern too. */
function gitDirAt(
  name: string,
  cwd: string | undefined,
  dots: boolean,
  home: Home | undefined,
): string | undefined {
  const tail = name.slice(name.lastIndexOf(unknown) + 1);
  if (tail !== name || (cwd === undefined && !path.isAbsolute(name))) {
    // Where it lies is not known, but that it is one.
    return isGitFolder(tail) && (tail === name || tail.startsWith('/')) ? home?.commonDir : undefined;
  }
  const file = realFolder(path.resolve(cwd ?? '/', name));
  if (home !== undefined) {
    const kept = [
      ...ancestors(home.commonDir),
      path.join(home.top, '.git'),
      ...inner.map((part) => path.join(home.commonDir, part)),
    ];
    if (kept.some((one) => isMeant(file, one, dots))) {
      return home.commonDir;
    }
  }
  return [file, path.join(file, '.git')].find(
    (folder) => path.basename(folder) === '.git' && existsSync(path.join(folder, 'belay')),
  );
}

/** Links in the folders before the last name are followed, as far as they are there. */
function realFolder(file: string): string {
  try {
    return path.join(realpathSync(path.dirname(file)), path.basename(file));
  } catch (thrown) {
    if (thrown instanceof Error && 'syscall' in thrown) {
      return file;
    }
    throw thrown;
  }
}

function isMeant(pattern: string, file: string, dots: boolean): boolean {
  const [wanted, parts] = [pattern.split(path.sep), file.split(path.sep)];
  return (
    wanted.length === parts.length &&
    wanted.every((one, at) => {
      const part = parts[at] ?? '';
      const hidden = part.startsWith('.') && !one.startsWith('.') && !dots;
      return one === part || (!hidden && /[*?[]/.test(one) && globExpression(one, false).test(part));
    })
  );
}
