import path from 'node:path';
import { globExpression } from './globs';

/** A file that a search may come upon. */
export interface Findable {
  /** Absolute. */
  readonly path: string;
  readonly kind: 'file' | 'folder';
}

/** Words of `find` that take no value. */
const alone =
  /^-(?:print0?|ls|delete|prune|depth|d|empty|xdev|mount|follow|readable|writable|executable|nouser|nogroup|true|false|daystart|o|or|a|and|not|quit|noleaf|warn|nowarn|ignore_readdir_race|E|x|X|s)$|^[!(),]$/;

interface Search {
  readonly roots: readonly string[];
  /** What follows the roots, cut at each `-o`; words of one alternative. */
  readonly alternatives: readonly (readonly Test[])[];
  /** The commands that it runs for what it finds. */
  readonly commands: readonly (readonly string[])[];
  readonly deletes: boolean;
}

interface Test {
  readonly name: string;
  readonly value: string;
  readonly not: boolean;
}

/** What a `find` looks for, and what it does. */
export function readFind(args: readonly string[]): Search {
  let at = args.findIndex((word) => !/^-(?:[HLPEXsx]|O\d|D.*)$/.test(word));
  at = at < 0 ? args.length : at;
  const roots: string[] = [];
  while (at < args.length && !/^(?:-.|[!()])/.test(args[at] ?? '')) {
    roots.push(args[at] ?? '');
    at += 1;
  }
  const alternatives: Test[][] = [[]];
  const commands: string[][] = [];
  let deletes = false;
  let not = false;
  for (; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (/^-(?:exec|execdir|ok|okdir)$/.test(word)) {
      const length = args.slice(at + 1).findIndex((one) => one === ';' || one === '+');
      const end = length < 0 ? args.length : at + 1 + length;
      commands.push(args.slice(at + 1, end));
      at = end;
    } else if (/^-(?:o|or)$/.test(word)) {
      alternatives.push([]);
    } else if (word === '!' || word === '-not') {
      not = !not;
    } else if (alone.test(word)) {
      deletes ||= word === '-delete';
      alternatives.at(-1)?.push({ name: word, value: '', not });
      not = false;
    } else {
      alternatives.at(-1)?.push({ name: word, value: args[at + 1] ?? '', not });
      at += 1;
      not = false;
    }
  }
  return { roots: roots.length === 0 ? ['.'] : roots, alternatives, commands, deletes };
}

/**
 * Which of some files a search comes upon, as it names them.
 * @param cwd the folder that it starts in, absolute.
 */
export function foundBy(search: Search, cwd: string, files: readonly Findable[]): string[] {
  const every = search.alternatives.flat();
  const depth = (name: string): number | undefined => {
    const value = every.find((test) => test.name === name)?.value;
    return value === undefined ? undefined : Number(value);
  };
  const [least = 0, most = Infinity] = [depth('-mindepth'), depth('-maxdepth')];
  return search.roots.flatMap((root) => {
    const top = path.resolve(cwd, root);
    return files.flatMap((file) => {
      const inner = path.relative(top, file.path);
      if (inner === '..' || inner.startsWith(`..${path.sep}`) || path.isAbsolute(inner)) {
        return [];
      }
      const parts = inner === '' ? [] : inner.split(path.sep);
      const name = [root.replace(/(.)\/+$/, '$1'), ...parts].join('/');
      const pruned = search.alternatives.some(
        (tests) =>
          tests.some((test) => test.name === '-prune') &&
          parts.some((_, at) =>
            holds(
              tests,
              [root, ...parts.slice(0, at + 1)].join('/'),
              at + 1 < parts.length ? 'folder' : file.kind,
            ),
          ),
      );
      const found =
        !pruned &&
        parts.length >= least &&
        parts.length <= most &&
        search.alternatives.some(
          (tests) => !tests.some((test) => test.name === '-prune') && holds(tests, name, file.kind),
        );
      return found ? [name] : [];
    });
  });
}

/** Whether tests hold of a file; those that words cannot tell (times, sizes) do. */
function holds(tests: readonly Test[], name: string, kind: Findable['kind']): boolean {
  return tests.every(({ name: test, value, not }) => {
    const is = holdsOne(test, value, name, kind);
    return is === undefined || is !== not;
  });
}

function holdsOne(test: string, value: string, name: string, kind: Findable['kind']): boolean | undefined {
  switch (test) {
    case '-name':
    case '-iname':
      return globExpression(value, true).test(name.replace(/^.*\/(?=.)/s, ''));
    case '-path':
    case '-ipath':
    case '-wholename':
      return globExpression(value, true).test(name);
    case '-type':
      return value.includes(kind === 'file' ? 'f' : 'd');
    case '-empty':
    case '-false':
      return false;
    default:
      return undefined;
  }
}
