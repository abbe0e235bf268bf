/** What a git command may drop. Files are no part of it: the checkpoint before any shell call has them all. */
export type Drops = 'head' | 'named' | 'stash' | 'worktrees' | 'remote' | 'branches' | 'logs';

/** A git command that may drop something, as found in the text of a shell call. */
export interface Danger {
  /** git's own name of the command: `reset`, `stash`. Under it a setting says whether it is covered, asked about or refused. */
  readonly verb: string;
  readonly drops: readonly Drops[];
  /** Its arguments that are options. */
  readonly options: readonly string[];
  /** Its arguments that are no options: branches, commits, folders. */
  readonly names: readonly string[];
  /** The folder that it names with `-C`. */
  readonly folder: string | undefined;
}

interface Found {
  readonly verb: string;
  readonly args: readonly string[];
  readonly folder: string | undefined;
}

type Rule = (args: readonly string[]) => readonly Drops[] | undefined;

const always =
  (...drops: readonly Drops[]): Rule =>
  () =>
    drops;
const unless =
  (harmless: RegExp, ...drops: readonly Drops[]): Rule =>
  (args) =>
    args.some((arg) => harmless.test(arg)) ? undefined : drops;
const onlyWith =
  (harmful: RegExp, ...drops: readonly Drops[]): Rule =>
  (args) =>
    args.some((arg) => harmful.test(arg)) ? drops : undefined;

/** Commands that drop nothing, whatever their arguments. */
const harmless = new Set(
  [
    'add annotate archive blame bundle cat-file check-attr check-ignore check-mailmap check-ref-format cherry clone',
    'column commit-graph commit-tree config count-objects describe diff diff-files diff-index diff-tree difftool',
    'fast-export fetch fmt-merge-msg for-each-ref format-patch fsck get-tar-commit-id grep hash-object help init',
    'interpret-trailers lfs log ls-files ls-remote ls-tree merge-base merge-file merge-tree mktag mktree multi-pack-index',
    'mergetool name-rev notes pack-objects patch-id range-diff remote request-pull rev-list rev-parse send-email shortlog',
    'show show-branch show-index show-ref status stripspace unpack-file var verify-commit verify-pack verify-tag version',
    'whatchanged write-tree --version --help',
  ].flatMap((line) => line.split(' ')),
);

const interrupting = /^--(?:abort|quit|skip)$/;

/** What the others may drop; undefined where these arguments make them harmless. */
const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['reset', (args) => (args.length === 0 ? undefined : ['head'])],
  ['checkout', (args) => (isPlainSwitch(args) ? undefined : ['head', 'named'])],
  ['switch', onlyWith(/^(?:-f|--force|--discard-changes|-C|--force-create)$/, 'head', 'named')],
  ['restore', always()],
  ['clean', unless(/^(?:-[a-z]*n[a-z]*|--dry-run)$/)],
  ['rm', always()],
  ['mv', always()],
  ['apply', unless(/^--(?:check|stat|numstat|summary)$/)],
  ['read-tree', always()],
  ['checkout-index', always()],
  ['sparse-checkout', unless(/^list$/)],
  ['submodule', unless(/^(?:status|summary)$/)],
  ['update-index', always()],
  ['stash', (args) => (/^(?:list|show|create)$/.test(args[0] ?? '') ? undefined : ['stash', 'head'])],
  ['branch', onlyWith(/^-[a-zA-Z]*[dDfMC]|^--(?:delete|force)$/, 'head', 'named')],
  ['tag', onlyWith(/^-[a-z]*[df]|^--(?:delete|force)$/, 'named')],
  ['worktree', onlyWith(/^(?:remove|prune|move|add)$/, 'worktrees')],
  ['rebase', unless(/^--show-current-patch$/, 'head', 'named')],
  ['commit', onlyWith(/^--amend$/, 'head')],
  ['merge', onlyWith(interrupting, 'head')],
  ['cherry-pick', onlyWith(interrupting, 'head')],
  ['revert', onlyWith(interrupting, 'head')],
  ['am', onlyWith(interrupting, 'head')],
  ['bisect', unless(/^(?:log|view|visualize|terms)$/, 'head')],
  ['pull', onlyWith(/^(?:-r|--rebase(?:=.*)?|-f|--force)$/, 'head')],
  ['push', onlyWith(/^(?:-[a-z]*[fd]|--(?:force.*|delete|mirror|prune))$|^[+:]/, 'remote')],
  ['update-ref', always('head', 'named')],
  ['symbolic-ref', always('head')],
  ['replace', always('head', 'named')],
  ['fast-import', always('branches')],
  ['filter-branch', always('branches')],
  ['filter-repo', always('branches', 'stash')],
  ['reflog', onlyWith(/^(?:expire|delete|drop)$/, 'logs', 'stash')],
  ['gc', always('logs', 'stash')],
  ['prune', always('logs', 'stash')],
  ['repack', always('logs', 'stash')],
  ['maintenance', always('logs', 'stash')],
]);

/** Every command for which a setting can say what becomes of it, in the order of the alphabet. */
export const guardedVerbs: readonly string[] = [...rules.keys()].sort();

/** Those with which agents lose work most often. */
export const frequentVerbs: readonly string[] = [
  'reset',
  'checkout',
  'restore',
  'clean',
  'stash',
  'branch',
  'worktree',
  'rebase',
  'push',
];

/** git refuses by itself to lose anything when it only switches branches. A name with a dot or a star may be a file's. */
function isPlainSwitch(args: readonly string[]): boolean {
  const options = args.filter((arg) => arg.startsWith('-') && arg !== '-');
  const names = args.filter((arg) => !arg.startsWith('-') || arg === '-');
  const creates = options.some((arg) => /^(?:-b|--orphan)$/.test(arg));
  const mild = options.every((arg) => /^(?:-b|--orphan|-q|--quiet|-t|--track|--detach|-d)$/.test(arg));
  return mild && (creates || (names.length === 1 && !/[.*]/.test(names[0] ?? '')));
}

/**
 * The git commands in the texts of a shell call that may drop something. It looks for them anywhere, in quotes, sub-shells
 * and scripts on one line too, and takes what it does not know (an alias, a newer command) for one that may: to find one too
 * many costs a backup, to miss one costs work.
 */
export function dangersIn(commands: readonly string[]): Danger[] {
  return commandsIn(commands).flatMap((command) =>
    command.drops === undefined ? [] : [{ ...command, drops: command.drops }],
  );
}

/** All git commands in the texts of a shell call. */
export function commandsIn(
  commands: readonly string[],
): (Omit<Danger, 'drops'> & { readonly drops: readonly Drops[] | undefined; readonly known: boolean })[] {
  return commands.flatMap(gitCommands).map(({ verb, args, folder }) => ({
    verb,
    drops: harmless.has(verb) ? undefined : (rules.get(verb) ?? always('head', 'stash'))(args),
    known: harmless.has(verb) || rules.has(verb),
    options: args.filter((arg) => arg.startsWith('-')),
    names: args.filter((arg) => !arg.startsWith('-')),
    folder,
  }));
}

/** The folders that a shell call goes to, by its own words. */
export function foldersIn(commands: readonly string[]): string[] {
  return commands.flatMap((text) => {
    const tokens = tokensOf(text);
    const entered = tokens.flatMap((token, at) =>
      /^(?:cd|pushd)$/.test(token) ? (tokens[at + 1] ?? []) : [],
    );
    return [...entered, ...gitCommands(text).flatMap(({ folder }) => folder ?? [])];
  });
}

/** So much of a text is looked at, in characters; and so many commands in it, with so many words each. */
const textLimit = 1_000_000;
const commandLimit = 200;
const wordLimit = 500;
const optionLimit = 40;

const ends = /^(?:[;&|()\n`]+)$/;
const withValue = /^(?:-C|-c|--git-dir|--work-tree|--namespace|--exec-path|--config-env)$/;

function gitCommands(text: string): Found[] {
  const tokens = tokensOf(text);
  const found: Found[] = [];
  for (const [at, token] of tokens.entries()) {
    if (found.length >= commandLimit) {
      break;
    }
    if (!/^(?:.*[/\\])?git(?:\.exe)?$/i.test(token)) {
      continue;
    }
    let next = at + 1;
    let folder: string | undefined;
    while (
      next < at + optionLimit &&
      tokens[next]?.startsWith('-') === true &&
      !harmless.has(tokens[next] ?? '')
    ) {
      const takesValue = withValue.test(tokens[next] ?? '');
      folder = tokens[next] === '-C' ? tokens[next + 1] : folder;
      next += takesValue ? 2 : 1;
    }
    const verb = tokens[next];
    if (verb === undefined || !/^[a-z][a-z-]{0,39}$|^--(?:version|help)$/.test(verb)) {
      continue;
    }
    const rest = tokens.slice(next + 1, next + 1 + wordLimit);
    const end = rest.findIndex((entry) => ends.test(entry));
    found.push({ verb, args: end < 0 ? rest : rest.slice(0, end), folder });
  }
  return found;
}

/** Words and separators, without quotes: what stands in quotes may be run as well. */
function tokensOf(text: string): string[] {
  const parts =
    text
      .slice(0, textLimit)
      .replaceAll('\\\n', ' ')
      .match(/[;&|()`\n]+|[^\s;&|()`]+/g) ?? [];
  return parts.map((part) => part.replace(/["'\\]|\$$/g, '')).filter((part) => part !== '');
}
