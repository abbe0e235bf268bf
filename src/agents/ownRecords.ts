import path from 'node:path';
import { anyWaits } from '../decisions/read';
import type { Decision } from '../decisions/decision';
import type { Worktree } from '../git/worktree';
import { commandsIn } from './destructive';
import type { ToolUse } from './event';
import { leadsOf } from './leads';
import type { Worktrees } from './places';

/**
 * Whether a call reaches, by its words, for what a waiting question is kept in. What words do not say (a script, a name that is
 * computed) is noticed by its consequence: a question that is remembered and has vanished is put again.
 */

/** So much of a text is looked at, in characters. */
const textLimit = 100_000;

const names = /refs[/\\]+belay\b|(?:^|[\s:+=/])belay[/\\]+decision\b/i;
/** Belay's references as a wildcard of git's or a shell's has them. */
const namesByWildcard = /refs[/\\]+\w*[*?[{]/;
const entersGitDir = /\b(?:cd|pushd)\s+["']?[^\s;&|]*\.git(?:[/"'\s;&|]|$)/;
const gitDirNamed = /\.git\b|--git-(?:common-)?dir|--git-path|GIT_(?:COMMON_)?DIR/;

/** git commands that change references, and may be given their names by another command. */
const changesReferences = new Set([
  'update-ref',
  'symbolic-ref',
  'fast-import',
  'push',
  'fetch',
  'branch',
  'tag',
  'replace',
]);
/** Whose names of references are theirs to write, also by a wildcard. */
const takesRefspecs = new Set(['push', 'fetch', 'pull', 'update-ref']);

/** Programs that change the files that they are given. */
const writers =
  /^(?:rm|rmdir|unlink|mv|tee|truncate|shred|dd|chmod|chown|chattr|install|rsync|ln|touch|sponge|ed|ex|vim?|nano|patch|tar|unzip|del|rd|move|copy|remove-item|move-item|set-content|out-file|clear-content)$/i;
const copiers = /^(?:cp|install|rsync|ln|copy|copy-item)$/i;
/** Programs that run what is in their arguments, of which words cannot tell what it does. */
const interpreters = /^(?:python|node|deno|bun|perl|ruby|php|lua|osascript|powershell|pwsh)[\d.]*$/i;
/** Programs that only read, whatever their arguments hold. */
const readers =
  /^(?:e?grep|fgrep|rg|ag|ack|cat|bat|ls|ll|tree|head|tail|less|more|wc|stat|file|diff|cmp|od|xxd|hexdump|sort|uniq|cut|tr|awk|jq|echo|printf|test|\[|du|true|:|read|man|which)$/;
/** Words before a program that say how it is run. */
const leading =
  /^(?:[A-Za-z_]\w*=.*|sudo|doas|env|command|exec|nohup|time|nice|if|then|do|else|while|until|!|\{|builtin|busybox)$/;

/** One command of a shell's text: its words without quotes, and what it redirects its output to. */
interface Simple {
  readonly words: readonly string[];
  readonly targets: readonly string[];
}

/** The question that a call would reach for, in whatever repository it leads to; undefined: none, or it reaches for none. */
export async function reachedFor(
  worktrees: Worktrees,
  tool: ToolUse,
  cwd: string,
): Promise<Decision | undefined> {
  const { home } = worktrees;
  if (!reaches(tool, cwd, home?.repository.commonDir)) {
    return undefined;
  }
  const { places, above } = await leadsOf(tool, cwd, process.env);
  const named = tool.paths.map((name) => path.resolve(cwd, name));
  const repositories = new Map<string, Worktree>();
  for (const place of [...places, ...above, ...named]) {
    const worktree = await worktrees.at(place);
    if (worktree !== undefined) {
      repositories.set(worktree.repository.commonDir, worktree);
    }
  }
  if (home !== undefined) {
    repositories.set(home.repository.commonDir, home);
  }
  for (const worktree of repositories.values()) {
    const waiting = await anyWaits(worktree);
    if (waiting !== undefined) {
      return waiting;
    }
  }
  return undefined;
}

/** Whether the words of a call reach for Belay's references or memory, to change them; of git, whatever it does with them. */
export function reaches(tool: ToolUse, cwd: string, commonDir: string | undefined): boolean {
  const changes =
    tool.reach === 'edit' ||
    (tool.reach === 'other' && /write|edit|delete|remove|move|rename|create|copy/i.test(tool.name));
  const files = [...tool.paths, ...(changes ? tool.places : [])];
  return (
    (changes && files.some((name) => isKept(path.resolve(cwd, name), commonDir))) ||
    tool.commands.some((text) => textReaches(text.slice(0, textLimit), commonDir))
  );
}

/** Whether a file is, or a folder holds, what Belay keeps its questions in. */
function isKept(file: string, commonDir: string | undefined): boolean {
  const plain = file.replaceAll('\\', '/').replace(/\/{2,}/g, '/');
  const inGitDir =
    commonDir !== undefined && plain.startsWith(`${commonDir}/`)
      ? plain.slice(commonDir.length)
      : /(?:^|[/=:])[^/]*\.git(\/.*)$/i.exec(plain)?.[1];
  return (
    /(?:^|\/)\.belay\/(?:questions|answers)(?:\/|$)/.test(plain) ||
    (inGitDir !== undefined &&
      /^\/(?:refs(?:\/?|\/[\w]*[*?[{].*|\/belay(?:\/.*)?)|\*|packed-refs.*|belay(?:\/.*)?|reftable(?:\/.*)?)$/i.test(
        inGitDir,
      ))
  );
}

function textReaches(given: string, commonDir: string | undefined): boolean {
  // What a substitution gives is not known, but that it is a git dir; what it runs is looked at as well.
  const substituted = given.replace(/\$\([^()]*\)/g, (inner) => (gitDirNamed.test(inner) ? '.git' : '$'));
  const text = substituted === given ? given : `${given}\n${substituted}`;
  const byGit = commandsIn([text]);
  const names = [...wordsIn(text)].some((word) => isNamed(word, text, commonDir));
  const computed = /\bxargs\b|\bparallel\b|\bread\b|\bfor\b|[$`]|--stdin/.test(text);
  const gitReaches = byGit.some(({ verb, options, names: args }) => {
    const own = [...options, ...args];
    return (
      (verb !== 'grep' && own.some((word) => namesReferences(word))) ||
      (takesRefspecs.has(verb) && own.some((word) => namesByWildcard.test(word))) ||
      (computed && changesReferences.has(verb) && namesReferences(text))
    );
  });
  return (
    gitReaches ||
    ((names || entersGitDir.test(text)) && filesReached(simplesOf(text), text, commonDir, computed))
  );
}

function filesReached(
  simples: readonly Simple[],
  text: string,
  commonDir: string | undefined,
  computed: boolean,
): boolean {
  let entered = '';
  return simples.some(({ words, targets }) => {
    const at = words.findIndex((word) => !leading.test(word));
    const program = (words[at] ?? '').replace(/^.*[/\\]/, '');
    const args = words.slice(at + 1);
    const is = (word: string): boolean =>
      isNamed(word, text, commonDir) ||
      (entered !== '' && isKept(path.posix.join('/', entered, word), undefined));
    if (/^(?:cd|pushd)$/.test(program)) {
      entered = /\.git(?:\/|$)/.test(args[0] ?? '')
        ? (args[0] ?? '')
        : entered === ''
          ? ''
          : path.posix.join(entered, args[0] ?? '');
      return false;
    }
    if (targets.some(is)) {
      return true;
    }
    const harmful = args.find((word) => writers.test(word));
    if (program === 'git' || readers.test(program)) {
      return false;
    }
    if (program === 'find' || program === 'fd') {
      return args.some(is) && args.some((word) => /^-(?:delete|exec|execdir|ok|x|X)$/.test(word));
    }
    if (program === 'sed') {
      return args.some(is) && args.some((word) => /^-[a-zA-Z]*i|^--in-place/.test(word));
    }
    if (interpreters.test(program)) {
      return true;
    }
    if (copiers.test(program)) {
      return is(args.at(-1) ?? '');
    }
    const writes = writers.test(program) || harmful !== undefined;
    return (
      writes &&
      (args.some(is) ||
        (computed && (args.some((word) => word.includes('$')) || /^(?:xargs|parallel)$/.test(program))))
    );
  });
}

function namesReferences(word: string): boolean {
  return names.test(word);
}

function isNamed(word: string, text: string, commonDir: string | undefined): boolean {
  return isKept(word, commonDir) || (namesReferences(word) && gitDirNamed.test(text));
}

function* wordsIn(text: string): Iterable<string> {
  for (const [word] of text.matchAll(/[^\s;&|()`<>"']+/g)) {
    yield word;
    const assigned = /^[A-Za-z_]\w*=(.+)$/.exec(word)?.[1];
    if (assigned !== undefined) {
      yield assigned;
    }
  }
}

/** The commands of a text one by one. What stands in quotes may be run as well, so that quotes are only taken away. */
function simplesOf(text: string): Simple[] {
  const parts =
    text.replaceAll('\\\n', ' ').match(/(?:&|\d)?>{1,2}[|&]?|<+|[;&|()`\n]+|[^\s;&|()`<>]+/g) ?? [];
  const simples: { words: string[]; targets: string[] }[] = [{ words: [], targets: [] }];
  let redirects = false;
  for (const part of parts) {
    if (/^[;&|()`\n]+$/.test(part)) {
      simples.push({ words: [], targets: [] });
      redirects = false;
    } else if (/>/.test(part)) {
      redirects = true;
    } else if (!part.startsWith('<')) {
      const word = part.replace(/["'\\]|\$$/g, '');
      const last = simples.at(-1);
      if (word !== '') {
        (redirects ? last?.targets : last?.words)?.push(word);
      }
      redirects = false;
    }
  }
  return simples;
}
