import { commandsIn } from './destructive';

/** So long a name may be. */
const nameLimit = 80;

/** Words before a program that say how it is run, and what follows some of them. */
const leading =
  /^(?:[A-Za-z_]\w*=\S*|sudo|env|command|exec|nohup|time|nice|if|then|do|else|while|until|!|\{|\()$/;
/** Programs that only prepare for another one. */
const preparing = /^(?:cd|pushd|export|set|source|\.|for|true|:|echo|printf)$/;

/** Of git's verbs, which options make them dangerous, as they are to be named. Nothing else of a command is ever named. */
const dangerous: Readonly<Record<string, readonly string[]>> = {
  reset: ['--hard', '--soft', '--mixed', '--keep', '--merge'],
  checkout: ['-f', '--force', '-B', '-m', '--merge'],
  switch: ['-f', '--force', '-C', '--force-create', '--discard-changes'],
  branch: ['-d', '-D', '-f', '-m', '-M', '-C', '--delete', '--force'],
  tag: ['-d', '-f', '--delete', '--force'],
  worktree: ['-f', '--force', '-B'],
  commit: ['--amend'],
  pull: ['-r', '--rebase', '-f', '--force'],
  fetch: ['-f', '--force', '-p', '--prune', '-u', '--update-head-ok'],
  push: ['-f', '-d', '--force', '--force-with-lease', '--delete', '--mirror', '--prune'],
  rebase: ['-i', '--interactive', '--onto', '--abort', '--skip', '--quit'],
  merge: ['--abort', '--quit'],
  'cherry-pick': ['--abort', '--quit', '--skip'],
  revert: ['--abort', '--quit', '--skip'],
  am: ['--abort', '--quit', '--skip'],
  'update-ref': ['-d', '--stdin'],
  reflog: ['--all', '--expire'],
  gc: ['--prune'],
};
/** Words that a verb takes as its own sub-command. */
const subcommands: Readonly<Record<string, readonly string[]>> = {
  stash: ['drop', 'clear', 'pop', 'push', 'save', 'apply', 'branch'],
  worktree: ['remove', 'prune', 'move', 'add'],
  reflog: ['expire', 'delete', 'drop'],
};

/**
 * What the texts of a shell call run, fit to be kept: the program's name, of git the verb and the options that made it dangerous.
 * Never an argument, a path or a text.
 */
export function commandName(commands: readonly string[]): string | undefined {
  const [git] = commandsIn(commands)
    .map((command) => ({ ...command, words: wordsOf(command) }))
    .sort((a, b) => weight(b) - weight(a));
  return git === undefined || weight(git) === 0
    ? commands.map(programOf).find((name) => name !== undefined)
    : ['git', git.verb, ...git.words].join(' ').slice(0, nameLimit);
}

type Command = ReturnType<typeof commandsIn>[number];

/** The more of it is known to be dangerous, the more it is what is to be named. */
function weight({ drops, known, words }: Command & { readonly words: readonly string[] }): number {
  return (words.length > 0 ? 4 : 0) + (drops === undefined ? 0 : known ? 2 : 1);
}

function wordsOf({ verb, options, names }: Command): string[] {
  const sub = subcommands[verb]?.find((word) => word === names[0]);
  const overwrites = verb === 'push' && names.some((name) => name.startsWith('+'));
  return [...(sub === undefined ? [] : [sub]), ...optionsOf(verb, options), ...(overwrites ? ['+'] : [])];
}

function optionsOf(verb: string, given: readonly string[]): string[] {
  const known = dangerous[verb] ?? [];
  return known.filter((option) =>
    given.some((word) =>
      option.startsWith('--')
        ? word.split('=', 1)[0] === option
        : /^-[A-Za-z]+$/.test(word) && word.includes(option.slice(1)),
    ),
  );
}

/** The first program of a text that does more than prepare for another. */
function programOf(text: string): string | undefined {
  for (const part of text.slice(0, 20_000).split(/[;&|\n]+/)) {
    const words = part.split(/\s+/).filter((word) => word !== '');
    const word = words.find((candidate) => !leading.test(candidate));
    const name = word?.replace(/^.*[/\\]/, '').replace(/["'`)]+$/, '');
    if (name !== undefined && /^[A-Za-z][\w.+-]{0,39}$/.test(name) && !preparing.test(name)) {
      return name;
    }
  }
  return undefined;
}
