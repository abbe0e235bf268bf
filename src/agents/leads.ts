import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { ToolUse } from './event';

/**
 * Where a call may lead, by its own words. Words only ever add a look: what they do not say (an alias, a script, a value that
 * is computed) is what the looks at all other worktrees are for.
 */

/** So much of a text is looked at, in characters, with so many words. */
const textLimit = 100_000;
const wordLimit = 400;
/** So many names are looked up on the disk, and from so many folders. */
const lookUpLimit = 1_500;
const folderLimit = 8;

/** Words that may reach a worktree without naming it: its removal, a walk through folders, a value that is computed. */
const farReaching = /\b(?:worktrees?|rm|mv|clean|find|xargs)\b|worktree|\.\.|[$`%]/i;

/** What leads a shell, or git, into a folder that the next word names. */
const entering = /^(?:cd|pushd|-C|--chdir|--directory|--work-tree|--git-dir)$/;

/** The texts of a call in which places may stand. */
function textsOf({ name, commands, places }: ToolUse): readonly string[] {
  return [name, ...commands, ...places].map((text) => text.slice(0, textLimit));
}

/** Whether the words of a call are reason to look at a worktree that was looked at a moment ago. */
export function mayReach(tool: ToolUse, root: string, own: string): boolean {
  const parts = path.relative(own, root).split(path.sep);
  const names = parts.filter((part) => part.length > 1 && part !== '..');
  return textsOf(tool).some((text) => farReaching.test(text) || names.some((name) => text.includes(name)));
}

/** Where a call leads: what is there by the names that it says, and the folders that it enters, or names with a wildcard. */
export interface Leads {
  /** Files and folders, absolute. */
  readonly places: readonly string[];
  /** Folders whose repositories it may all mean, absolute. */
  readonly above: readonly string[];
}

/** @param environment what a variable in the text may stand for. */
export async function leadsOf(
  tool: ToolUse,
  cwd: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Leads> {
  const words = [
    ...tool.commands.flatMap((text) => wordsOf(text.slice(0, textLimit))),
    ...tool.places.flatMap((text) => [text, text.replace(/^file:\/\//, '')]),
  ].slice(0, wordLimit);
  const variables = new Map(Object.entries(environment));
  for (const word of words) {
    const set = /^(\w+)=(.*)$/s.exec(word);
    if (set !== null) {
      variables.set(set[1] ?? '', set[2]);
    }
  }
  const names = [...new Set(words.flatMap((word) => namesIn(word, variables)))];
  const entered = new Set(
    words.flatMap((word, at) => (entering.test(words[at - 1] ?? '') ? namesIn(word, variables) : [])),
  );
  const places = new Set<string>();
  const above = new Set<string>();
  // Each folder that is named may be where the next name starts from.
  const from = [cwd];
  let lookUps = 0;
  for (const folder of from) {
    for (const name of names) {
      const wild = /[*?[{]/.exec(name);
      const file = path.resolve(folder, wild === null ? name : path.dirname(`${name.slice(0, wild.index)}x`));
      lookUps += 1;
      if (lookUps > lookUpLimit || places.has(file)) {
        continue;
      }
      const kind = await kindOf(file);
      if (kind === undefined) {
        continue;
      }
      places.add(file);
      if (kind === 'folder') {
        if (wild !== null || entered.has(name)) {
          above.add(file);
        }
        if (from.length < folderLimit && !from.includes(file)) {
          from.push(file);
        }
      }
    }
  }
  return { places: [...places], above: [...above] };
}

/** The words of a shell's text, without their quotes; what stands in quotes may be run, so that its words count as well. */
function wordsOf(text: string): string[] {
  const found =
    text.replaceAll('\\\n', ' ').match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s;&|()<>`"'\\])+/gs) ?? [];
  return found.flatMap((word) => {
    const plain = word.replace(
      /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/gs,
      (_, double?: string, single?: string, escaped?: string) => double ?? single ?? escaped ?? '',
    );
    return plain === word || !/\s/.test(plain) ? [plain] : [plain, ...wordsOf(plain)];
  });
}

/** What of a word may be the name of a file: itself, what an option has joined to it, what a variable stands for. */
function namesIn(word: string, variables: ReadonlyMap<string, string | undefined>): string[] {
  const full = word
    .replace(/^~(?=\/|$)/, variables.get('HOME') ?? '~')
    .replace(
      /\$(?:\{(\w+)\}|(\w+))/g,
      (all, braced?: string, bare?: string) => variables.get(braced ?? bare ?? '') ?? all,
    );
  const joined = [/^[\w-]+=(.+)$/s, /^-[A-Za-z](.+)$/s].flatMap((shape) => shape.exec(full)?.[1] ?? []);
  return [full, ...joined].filter((name) => name !== '' && name.length <= 1_024 && !/[\0\n]/.test(name));
}

async function kindOf(file: string): Promise<'folder' | 'file' | undefined> {
  try {
    return (await stat(file)).isDirectory() ? 'folder' : 'file';
  } catch (thrown) {
    if (thrown instanceof Error && 'syscall' in thrown) {
      // It is not there, or cannot be told: the words have led nowhere.
      return undefined;
    }
    throw thrown;
  }
}
