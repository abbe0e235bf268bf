import type { BigIntStats } from 'node:fs';
import { lstat, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasCode, isMissing } from '../git/diskErrors';
import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { onDisk } from './hash';

/**
 * Where ignore rules stand: the path of a `.gitignore`, or one of those outside of the worktree, whose names begin as no
 * path does. The user's own file (`core.excludesFile`) is known by where it is: another one does not take its place.
 */
export type IgnoreSource = string;

/** Rules by where they stand, without comments and empty lines; a source without any rule is left out. */
export type IgnoreRules = ReadonlyMap<IgnoreSource, string>;

const infoExclude = '//exclude';
const excludesFile = '//file ';

/** What a look at a source found. */
export interface SeenSource {
  /** Another file, or a change of this one, has another stamp. */
  readonly stamp: string;
  /** Its rules, one character per byte; undefined where there is no such file, or none that git would read. */
  readonly rules: string | undefined;
}

const none: SeenSource = { stamp: 'none', rules: undefined };

/** Whether a path is that of an ignore file. */
export function isIgnoreFile(name: GitPath): boolean {
  return name === '.gitignore' || name.endsWith('/.gitignore');
}

/** The ignore files that decide about a path. */
export function ignoreFilesAbove(name: GitPath): IgnoreSource[] {
  const parts = name.split('/').slice(0, -1);
  return ['', ...parts.map((_, index) => `${parts.slice(0, index + 1).join('/')}/`)].map(
    (folder) => `${folder}.gitignore`,
  );
}

/** Whether a source is no `.gitignore` of the worktree. */
export function isOutside(source: IgnoreSource): boolean {
  return source.startsWith('//');
}

/** The beginning of all paths that a source's rules are about. */
export function reachOf(source: IgnoreSource): string {
  return isOutside(source) ? '' : source.slice(0, -'.gitignore'.length);
}

/** Those of the sources that are no `.gitignore`, in the order in which a later one wins. */
export function outsideRules(rules: IgnoreRules): { readonly exclude: string; readonly file: string } {
  const files = [...rules].flatMap(([source, text]) => (source.startsWith(excludesFile) ? [text] : []));
  return { exclude: rules.get(infoExclude) ?? '', file: files.join('\n') };
}

/**
 * Looks at the sources named and at those outside of the worktree. A file that git is no longer told to read is as good as
 * missing.
 */
export async function lookAtSources(
  worktree: Worktree,
  sources: Iterable<IgnoreSource>,
): Promise<Map<IgnoreSource, SeenSource>> {
  const file = await worktree.excludes.file();
  const outside = new Map([
    [infoExclude, path.join(worktree.repository.commonDir, 'info', 'exclude')],
    ...(file === undefined ? [] : [[`${excludesFile}${file}`, file] as const]),
  ]);
  const names = [...new Set([...outside.keys(), ...sources])];
  const seen = new Map<IgnoreSource, SeenSource>();
  const width = 64;
  for (let at = 0; at < names.length; at += width) {
    const looked = names.slice(at, at + width).map(async (name): Promise<[IgnoreSource, SeenSource]> => {
      const elsewhere = outside.get(name);
      if (isOutside(name)) {
        return [name, elsewhere === undefined ? none : await lookAt(elsewhere, stat)];
      }
      // git does not follow a link in the place of a `.gitignore` (gitignore(5), NOTES).
      return [name, await lookAt(onDisk(worktree, name), lstat)];
    });
    for (const [name, source] of await Promise.all(looked)) {
      seen.set(name, source);
    }
  }
  return seen;
}

type Look = (file: string | Buffer, options: { bigint: true }) => Promise<BigIntStats>;

async function lookAt(file: string | Buffer, look: Look): Promise<SeenSource> {
  try {
    const found = await look(file, { bigint: true });
    if (!found.isFile()) {
      return { stamp: 'no file', rules: undefined };
    }
    const stamp = `${found.ino}-${found.size}-${found.mtimeNs}-${found.ctimeNs}`;
    return { stamp, rules: rulesIn(await readFile(file, 'latin1')) };
  } catch (thrown) {
    // What git cannot read either ignores nothing; the rules that were there last stand.
    if (isMissing(thrown) || hasCode(thrown, 'EACCES', 'EPERM', 'EISDIR', 'ELOOP', 'ENAMETOOLONG')) {
      return none;
    }
    throw thrown;
  }
}

function rulesIn(text: string): string {
  return text
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .join('\n');
}
