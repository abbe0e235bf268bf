import { readOptions, type Options } from './gitOptions';
import { unknown } from './reading';

/**
 * Whether a git command, as it is called, can drop work. `unless_branch`: only if its one name is no branch (`git checkout src`),
 * which only git knows.
 */
export type Judgement = 'drops' | 'harmless' | 'unknown_verb' | { readonly unlessBranch: string };

type Rule = (options: Options) => boolean | { readonly unlessBranch: string };

const always: Rule = () => true;
const unlessTried: Rule = (options) => !options.has('dry-run');
const interrupting: Rule = (options) => options.has('abort', 'quit', 'skip');

/** Commands that drop nothing, whatever their arguments. */
const harmless = new Set(
  [
    'add annotate archive blame bundle cat-file check-attr check-ignore check-mailmap check-ref-format cherry clone',
    'column commit-graph commit-tree config count-objects credential daemon describe diagnose diff diff-files diff-index',
    'diff-tree difftool fast-export fetch fmt-merge-msg for-each-ref for-each-repo format-patch fsck get-tar-commit-id grep gui',
    'hash-object help index-pack init instaweb interpret-trailers last-modified lfs log ls-files ls-remote ls-tree mailinfo',
    'mailsplit merge-base merge-file merge-tree mergetool mktag mktree multi-pack-index name-rev notes pack-objects',
    'pack-refs patch-id range-diff remote replay repo request-pull rerere rev-list rev-parse send-email shortlog show show-branch',
    'show-index show-ref status stripspace subtree unpack-file unpack-objects var verify-commit verify-pack verify-tag version',
    'whatchanged write-tree citool gitk stage',
  ].flatMap((line) => line.split(' ')),
);

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['reset', reset],
  ['checkout', checkout],
  ['switch', (options) => options.has('force', 'discard-changes', 'force-create')],
  ['restore', (options) => !options.has('staged') || options.has('worktree', 'patch')],
  ['clean', unlessTried],
  ['rm', (options) => !options.has('dry-run', 'cached')],
  ['mv', unlessTried],
  ['apply', (options) => !options.has('check', 'stat', 'numstat', 'summary') || options.has('apply')],
  ['read-tree', unlessTried],
  ['checkout-index', always],
  ['sparse-checkout', ({ names: [sub] }) => sub !== 'list' && sub !== 'check-rules'],
  ['submodule', ({ names: [sub] }) => sub !== undefined && !/^(?:status|summary|foreach)$/.test(sub)],
  ['update-index', (options) => options.names.length > 0 || !options.has('refresh', 'really-refresh')],
  ['stash', ({ names: [sub] }) => !/^(?:list|show|create|export)$/.test(sub ?? '')],
  ['branch', (options) => options.has('delete', 'D', 'force', 'M', 'C')],
  ['tag', (options) => options.has('delete', 'force')],
  ['worktree', worktree],
  ['rebase', (options) => !options.has('show-current-patch')],
  ['commit', (options) => options.has('amend') && !options.has('dry-run')],
  ['merge', interrupting],
  ['cherry-pick', interrupting],
  ['revert', interrupting],
  ['am', interrupting],
  ['bisect', ({ names: [sub] }) => sub !== undefined && !/^(?:log|view|visualize|terms|help)$/.test(sub)],
  [
    'pull',
    (options) =>
      (options.has('rebase') && !/^(?:false|no|off|0)$/.test(options.value('rebase') ?? '')) ||
      options.has('force'),
  ],
  ['push', push],
  ['update-ref', always],
  ['symbolic-ref', (options) => options.has('delete') || options.names.length !== 1],
  ['replace', (options) => !options.has('list') && (options.names.length > 0 || options.count > 0)],
  ['fast-import', always],
  ['filter-branch', always],
  ['filter-repo', (options) => !options.has('analyze', 'dry-run')],
  ['reflog', (options) => /^(?:expire|delete|drop)$/.test(options.names[0] ?? '') && !options.has('dry-run')],
  ['gc', always],
  ['prune', unlessTried],
  ['repack', always],
  ['maintenance', ({ names: [sub] }) => sub === 'run'],
]);

/** Judges `git VERB ARGS`. */
export function judge(verb: string, args: readonly string[]): Judgement {
  const rule = rules.get(verb);
  if (rule === undefined) {
    return harmless.has(verb) || verb.startsWith('-') ? 'harmless' : 'unknown_verb';
  }
  if (args[0] === '--help' || (args.length === 1 && args[0] === '-h')) {
    return 'harmless';
  }
  const answer = rule(readOptions(verb, args));
  return typeof answer === 'boolean' ? (answer ? 'drops' : 'harmless') : answer;
}

/** One that moves no branch and touches no file only takes back what was staged. */
function reset(options: Options): boolean {
  if (options.has('hard', 'merge', 'keep')) {
    return true;
  }
  const { names, paths = [] } = options;
  const [commit] = names;
  if (names.some((name) => name.includes(unknown))) {
    return true;
  }
  return names.length === 1 && paths.length === 0 && commit !== 'HEAD' && commit !== '@';
}

/** git refuses by itself to lose anything when it only switches branches. */
function checkout(options: Options): boolean | { readonly unlessBranch: string } {
  if (
    options.has('force', 'B', 'merge', 'conflict', 'ours', 'theirs', 'patch', 'pathspec-from-file', 'overlay')
  ) {
    return true;
  }
  const { names, paths } = options;
  if (paths !== undefined && paths.length > 0) {
    return true;
  }
  if (options.has('b', 'orphan', 'track') || names.length === 0) {
    return false;
  }
  const [name = ''] = names;
  if (names.length > 1) {
    return true;
  }
  return paths !== undefined || options.has('detach') || name === '-' ? false : { unlessBranch: name };
}

function worktree(options: Options): boolean {
  const [sub] = options.names;
  return (
    sub === 'remove' ||
    sub === 'move' ||
    (sub === 'prune' && !options.has('dry-run')) ||
    (sub === 'add' && options.has('force', 'B'))
  );
}

function push(options: Options): boolean {
  if (options.has('dry-run')) {
    return false;
  }
  return (
    options.has('force', 'force-with-lease', 'delete', 'mirror', 'prune') ||
    [...options.names, ...(options.paths ?? [])].some((name) => /^(?:\+|:.)/.test(name))
  );
}

/** What a command of git's is called with, besides its own words. */
export interface GitCall {
  readonly verb: string;
  readonly args: readonly string[];
  /** What `-C` leads to, one after the other. */
  readonly folders: readonly string[];
  /** Settings that it is given, as `name=value`. */
  readonly settings: readonly string[];
}

const takesValue = /^(?:-C|-c|--git-dir|--work-tree|--namespace|--super-prefix|--attr-source|--config-env)$/;

/** Reads the words after `git`. Its own options are never shortened. */
export function readCall(words: readonly string[]): GitCall | undefined {
  const folders: string[] = [];
  const settings: string[] = [];
  let at = 0;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) {
      break;
    }
    const value = words[at + 1] ?? '';
    if (word === '-C') {
      folders.push(value);
    } else if (word === '-c' || word === '--config-env') {
      settings.push(value);
    } else if (word.startsWith('--config-env=')) {
      settings.push(word.slice('--config-env='.length));
    } else if (/^--(?:help|version)$|^-[hv]$/.test(word)) {
      return undefined;
    }
    at += takesValue.test(word) ? 1 : 0;
  }
  const verb = words[at];
  return verb === undefined ? undefined : { verb, args: words.slice(at + 1), folders, settings };
}
