/**
 * git's options by git's own rules (gitcli(7)): short ones may be joined, a long one may be cut to any beginning that no other
 * has, `--no-` takes one back, a value follows in the same word or in the next, `--` ends them.
 */

/** The options that a git command is called with. */
export interface Options {
  /** Whether an option is on at the end; of a shortened one that could be several, each of them is. */
  has(...names: readonly string[]): boolean;
  /** The last value of an option. */
  value(name: string): string | undefined;
  /** What is no option and stands before `--`. */
  readonly names: readonly string[];
  /** What follows `--`; undefined without one. */
  readonly paths: readonly string[] | undefined;
  /** How many options there are, whatever they are. */
  readonly count: number;
}

/**
 * The options of each command, as `git COMMAND -h` names them: `q|quiet` is a short and a long one, `=` takes a value, `?` only one
 * in the same word.
 */
const tables: Readonly<Record<string, string>> = {
  reset:
    'q|quiet refresh mixed soft hard merge keep recurse-submodules p|patch auto-advance U=|unified= inter-hunk-context= N|intent-to-add pathspec-from-file= pathspec-file-nul',
  checkout:
    'b= B= l guess overlay q|quiet recurse-submodules progress m|merge conflict= d|detach t|track f|force orphan= overwrite-ignore ignore-other-worktrees 2|ours 3|theirs p|patch auto-advance U=|unified= inter-hunk-context= ignore-skip-worktree-bits pathspec-from-file= pathspec-file-nul',
  switch:
    'c=|create= C=|force-create= guess discard-changes q|quiet recurse-submodules progress m|merge conflict= d|detach t|track f|force orphan= overwrite-ignore ignore-other-worktrees',
  restore:
    's=|source= S|staged W|worktree ignore-unmerged overlay q|quiet recurse-submodules progress m|merge conflict= 2|ours 3|theirs p|patch auto-advance U=|unified= inter-hunk-context= ignore-skip-worktree-bits pathspec-from-file= pathspec-file-nul',
  clean: 'q|quiet n|dry-run f|force i|interactive d e=|exclude= x X',
  rm: 'n|dry-run q|quiet cached f|force r ignore-unmatch sparse pathspec-from-file= pathspec-file-nul',
  mv: 'v|verbose n|dry-run f|force k sparse',
  apply:
    'exclude= include= add stat allow-binary-replacement binary numstat summary check index N|intent-to-add cached unsafe-paths apply 3|3way ours theirs union build-fake-ancestor= z p= C= whitespace= ignore-space-change ignore-whitespace R|reverse unidiff-zero reject allow-overlap v|verbose q|quiet inaccurate-eof recount directory= allow-empty',
  'read-tree':
    'index-output= empty v|verbose m trivial aggressive reset prefix= u i exclude-per-directory= n|dry-run sparse-checkout debug-unpack recurse-submodules q|quiet',
  'checkout-index':
    'a|all ignore-skip-worktree-bits f|force q|quiet n|create u|index z stdin temp prefix= stage=',
  'sparse-checkout': 'cone no-cone sparse-index skip-checks stdin end-of-options',
  submodule:
    'quiet cached recursive force f init remote merge rebase checkout b= branch= name= reference= depth= all files',
  'update-index':
    'q ignore-submodules add replace remove unmerged refresh really-refresh cacheinfo chmod= assume-unchanged skip-worktree ignore-skip-worktree-entries info-only force-remove z stdin index-info unresolve g|again ignore-missing verbose clear-resolve-undo index-version= split-index untracked-cache test-untracked-cache force-untracked-cache force-write-index fsmonitor fsmonitor-valid show-index-version',
  stash:
    'k|keep-index S|staged p|patch q|quiet u|include-untracked a|all m=|message= pathspec-from-file= pathspec-file-nul index stat only-untracked print to-ref=',
  branch:
    'v|verbose q|quiet t|track set-upstream u=|set-upstream-to= unset-upstream color r|remotes contains= with= without= abbrev a|all d|delete D m|move M omit-empty c|copy C l|list show-current create-reflog edit-description f|force merged column sort= points-at= i|ignore-case recurse-submodules format= forked',
  tag: 'l|list n? d|delete v|verify a|annotate m=|message= F=|file= trailer= e|edit s|sign cleanup= u=|local-user= f|force create-reflog column contains= with= without= merged omit-empty sort= points-at= format= color i|ignore-case',
  worktree:
    'f|force d|detach checkout lock reason= b= B= orphan q|quiet track guess-remote relative-paths n|dry-run v|verbose expire= porcelain z',
  rebase:
    'onto= keep-base verify q|quiet v|verbose n|stat signoff trailer= committer-date-is-author-date reset-author-date ignore-date C= ignore-whitespace whitespace= f|force-rebase ff continue skip abort quit edit-todo show-current-patch apply m|merge i|interactive preserve-merges rerere-autoupdate empty= keep-empty autosquash update-refs S?|gpg-sign autostash x=|exec= allow-empty-message r?|rebase-merges fork-point s=|strategy= X=|strategy-option= root reschedule-failed-exec reapply-cherry-picks',
  commit:
    'q|quiet v|verbose F=|file= author= date= m=|message= c=|reedit-message= C=|reuse-message= fixup= squash= reset-author trailer= s|signoff t=|template= e|edit cleanup= status S?|gpg-sign a|all i|include interactive p|patch auto-advance U=|unified= inter-hunk-context= o|only n|verify dry-run short branch ahead-behind porcelain long z|null amend post-rewrite u?|untracked-files pathspec-from-file= pathspec-file-nul allow-empty allow-empty-message',
  merge:
    'n stat summary compact-summary log squash commit e|edit cleanup= ff ff-only rerere-autoupdate verify-signatures s=|strategy= X=|strategy-option= m=|message= F=|file= into-name= v|verbose q|quiet abort quit continue allow-unrelated-histories progress S?|gpg-sign autostash overwrite-ignore signoff verify',
  'cherry-pick':
    'quit continue abort skip cleanup= n|commit e|edit r s|signoff m=|mainline= rerere-autoupdate strategy= X=|strategy-option= S?|gpg-sign x ff allow-empty allow-empty-message empty= keep-redundant-commits',
  revert:
    'quit continue abort skip cleanup= n|commit e|edit r s|signoff m=|mainline= rerere-autoupdate strategy= X=|strategy-option= S?|gpg-sign reference',
  am: 'i|interactive n|verify b|binary 3|3way q|quiet s|signoff u|utf8 k|keep keep-non-patch m|message-id keep-cr c|scissors quoted-cr= whitespace= ignore-space-change ignore-whitespace directory= exclude= include= C= p= patch-format= reject resolvemsg= continue r|resolved skip abort quit retry show-current-patch allow-empty committer-date-is-author-date ignore-date rerere-autoupdate S?|gpg-sign empty= rebasing',
  pull: 'v|verbose q|quiet progress recurse-submodules r?|rebase n stat compact-summary summary log signoff squash commit edit cleanup= ff ff-only verify verify-signatures autostash s=|strategy= X=|strategy-option= S?|gpg-sign allow-unrelated-histories all a|append atomic upload-pack= f|force t|tags p|prune j=|jobs= dry-run porcelain k|keep depth= shallow-since= shallow-exclude= deepen= unshallow update-shallow refmap= o=|server-option= 4|ipv4 6|ipv6 negotiation-tip= show-forced-updates set-upstream',
  push: 'v|verbose q|quiet repo= all branches mirror d|delete tags n|dry-run porcelain f|force force-with-lease force-if-includes recurse-submodules= thin receive-pack= exec= u|set-upstream progress prune verify follow-tags signed atomic o=|push-option= 4|ipv4 6|ipv6',
  'update-ref': 'm= d no-deref deref z stdin create-reflog batch-updates',
  'symbolic-ref': 'q|quiet d|delete short recurse m=',
  replace: 'l|list d|delete e|edit g|graft convert-graft-file f|force raw format=',
  'filter-repo': 'analyze dry-run force',
  reflog: 'n|dry-run rewrite updateref verbose expire= expire-unreachable= stale-fix all single-worktree',
  prune: 'n|dry-run v|verbose progress expire= exclude-promisor-objects',
};

interface Option {
  readonly short: string | undefined;
  readonly long: string | undefined;
  readonly value: 'none' | 'joined' | 'next';
}

function tableOf(verb: string): Option[] {
  return (tables[verb] ?? '').split(' ').flatMap((entry) => {
    const value = entry.includes('=') ? 'next' : entry.includes('?') ? 'joined' : 'none';
    const names = entry.replace(/[=?]/g, '').split('|');
    const short = names.find((name) => name.length === 1);
    const long = names.find((name) => name.length > 1);
    return entry === '' ? [] : [{ short, long, value } as const];
  });
}

/** The names by which options can be asked for: the long one, else the short one. */
export function optionNames(
  verb: string,
): { short: string | undefined; long: string | undefined; value: Option['value'] }[] {
  return tableOf(verb);
}

/** Reads the words after a command of git's. */
export function readOptions(verb: string, args: readonly string[]): Options {
  const table = tableOf(verb);
  const on = new Map<string, boolean>();
  const values = new Map<string, string>();
  const names: string[] = [];
  let paths: string[] | undefined;
  let count = 0;
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word === '--') {
      paths = args.slice(at + 1);
      break;
    }
    if (word === '--end-of-options') {
      names.push(...args.slice(at + 1).filter((one) => one !== '--'));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      names.push(word);
      continue;
    }
    count += 1;
    const found = word.startsWith('--')
      ? longOption(table, word.slice(2))
      : shortOptions(table, word.slice(1));
    for (const { option, is, value } of found) {
      const name = option.long ?? option.short ?? '';
      on.set(name, is);
      if (value !== undefined) {
        values.set(name, value);
      }
    }
    const last = found.at(-1);
    if (last !== undefined && last.value === undefined && last.is && found.every(takesNext)) {
      at += 1;
      values.set(last.option.long ?? last.option.short ?? '', args[at] ?? '');
    }
  }
  return {
    has: (...wanted) => wanted.some((name) => on.get(name) === true),
    value: (name) => values.get(name),
    names,
    paths,
    count,
  };
}

interface FoundOption {
  readonly option: Option;
  readonly is: boolean;
  readonly value: string | undefined;
  /** Of several short ones in one word, the last alone may take the next word. */
  readonly last: boolean;
}

function takesNext({ option, last }: FoundOption): boolean {
  return !last || option.value === 'next';
}

function longOption(table: readonly Option[], text: string): FoundOption[] {
  const [name = '', ...rest] = text.split('=');
  const value = rest.length === 0 ? undefined : rest.join('=');
  const all = table.flatMap((option) =>
    option.long === undefined
      ? []
      : [
          { option, called: option.long, is: true },
          option.long.startsWith('no-')
            ? { option, called: option.long.slice(3), is: false }
            : { option, called: `no-${option.long}`, is: false },
        ],
  );
  const exact = all.filter(({ called }) => called === name);
  // Which ones are to be told apart depends on git's release: where it is not clear, it may be any of them.
  const found = exact.length > 0 ? exact : all.filter(({ called }) => name !== '' && called.startsWith(name));
  const positive = found.filter(({ is }) => is);
  return (positive.length > 0 ? positive : found).map(({ option, is }) => ({
    option,
    is,
    value,
    last: true,
  }));
}

function shortOptions(table: readonly Option[], text: string): FoundOption[] {
  const found: FoundOption[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const option = table.find(({ short }) => short === text[at]);
    if (option === undefined) {
      continue;
    }
    const rest = text.slice(at + 1);
    const last = rest === '' || option.value !== 'none';
    found.push({ option, is: true, value: option.value !== 'none' && rest !== '' ? rest : undefined, last });
    if (last) {
      break;
    }
  }
  return found;
}
