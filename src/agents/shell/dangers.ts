import path from 'node:path';
import { dangersIn } from '../destructive';
import { findableOf, removedBy, removedByCode, removedByText, type Home } from './gitFolder';
import { judge, readCall, type GitCall } from './gitForms';
import { readOptions } from './gitOptions';
import { baseName } from './programs';
import { readRuns } from './runs';
import { unknown, type Place, type Reading, type Run } from './reading';
import { loadShell, type ParseShell } from './words';

/** What the texts of a call may do that a setting can keep for a person. */
export interface Dangers {
  /** git commands in a form that can drop work, by their names. */
  readonly verbs: ReadonlySet<string>;
  /** A git dir that would be removed or moved away. */
  readonly gitDir: string | undefined;
}

/** What only git knows, asked where a text depends on it. */
export interface Asked {
  /** The aliases of the repository. */
  readonly aliases: () => Promise<ReadonlyMap<string, string>>;
  /** Whether a name is a branch or a commit, in a folder. */
  readonly namesCommit: (folder: string, name: string) => Promise<boolean>;
}

export interface Where {
  /** The folder that the call runs in, with its links resolved. */
  readonly cwd: string;
  readonly home: (Home & { readonly gitDir: string }) | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** So many aliases and commands that git itself runs are followed in a call. */
const followLimit = 60;

/** Commands that a variable for git is told by: no program is called so. */
const tellsGit =
  /^(?:reset|checkout|switch|stash|rebase|cherry-pick|worktree|update-ref|reflog|filter-branch|symbolic-ref|read-tree)$/;

/**
 * Looks for what the texts of a shell call would do. Where one cannot be read, it is searched for words.
 * @throws what `asked` throws.
 */
export async function findDangers(texts: readonly string[], where: Where, asked: Asked): Promise<Dangers> {
  const finder = new Finder(await loadShell(), where, asked);
  for (const text of texts) {
    await finder.look(text, where.cwd, []);
  }
  return finder;
}

class Finder implements Dangers {
  readonly verbs = new Set<string>();
  gitDir: string | undefined;
  private followed = 0;
  private known: ReadonlyMap<string, string> | undefined;
  /** Aliases and branches that the call itself has made. */
  private readonly ownAliases = new Map<string, string>();
  private readonly ownBranches = new Set<string>();

  constructor(
    private readonly parse: ParseShell,
    private readonly where: Where,
    private readonly asked: Asked,
  ) {}

  async look(text: string, cwd: string, args: readonly string[]): Promise<void> {
    this.followed += 1;
    if (this.followed > followLimit) {
      return;
    }
    const { home, environment } = this.where;
    const place: Place = {
      cwd,
      environment,
      top: home?.top,
      gitDir: home?.gitDir,
      commonDir: home?.commonDir,
      findable: findableOf(home),
    };
    await this.weigh(readRuns(this.parse, text, place, args));
  }

  private async weigh({ runs, code, unread }: Reading): Promise<void> {
    const { home } = this.where;
    for (const run of runs) {
      this.gitDir ??= removedBy(run, home);
      const call = gitCall(run);
      if (call !== undefined) {
        await this.git(call, run);
      }
    }
    for (const one of code) {
      this.gitDir ??= removedByCode(one, home);
    }
    for (const text of unread) {
      this.gitDir ??= removedByText(text, home);
    }
    // One by one: the search ends after some hundred commands of a text.
    for (const { verb } of dangersIn(
      unread.flatMap((text) => text.replaceAll('\\\n', ' ').split(/[\n;]+/)),
    )) {
      this.verbs.add(verb);
    }
  }

  private async git(call: GitCall, run: Run): Promise<void> {
    const { verb, args } = call;
    const folder = path.resolve(
      run.cwd ?? this.where.cwd,
      ...call.folders.filter((name) => !name.includes(unknown)),
    );
    this.remember(call);
    await this.inner(call, folder);
    const judgement = judge(verb, args);
    if (judgement === 'harmless') {
      return;
    }
    if (judgement === 'drops') {
      this.verbs.add(verb);
    } else if (judgement === 'unknown_verb') {
      await this.alias(call, run, folder);
    } else {
      const name = judgement.unlessBranch;
      const is =
        this.ownBranches.has(name) ||
        (!name.includes(unknown) && (await this.asked.namesCommit(folder, name)));
      if (!is) {
        this.verbs.add(verb);
      }
    }
  }

  /** What later words of the same call may mean by a name. */
  private remember({ verb, args }: GitCall): void {
    const options = readOptions(verb, args);
    const made =
      verb === 'branch'
        ? options.names[0]
        : verb === 'switch'
          ? (options.value('create') ?? options.value('force-create'))
          : (options.value('b') ?? options.value('B') ?? options.value('orphan'));
    if (made !== undefined && /^(?:branch|switch|checkout|worktree)$/.test(verb)) {
      this.ownBranches.add(made);
    }
    if (verb === 'config') {
      const at = args.findIndex((word) => /^alias\../i.test(word));
      const name = args[at]?.slice('alias.'.length);
      if (at >= 0 && name !== undefined) {
        this.ownAliases.set(name, args[at + 1] ?? '');
      }
    }
  }

  /** What a command of git's runs by itself. */
  private async inner({ verb, args }: GitCall, folder: string): Promise<void> {
    const options = readOptions(verb, args);
    const words = args.filter((word) => !/^-/.test(word));
    if (verb === 'submodule' && words[0] === 'foreach') {
      await this.look(
        args
          .slice(args.indexOf('foreach') + 1)
          .filter((word) => !/^--(?:recursive|quiet)$/.test(word))
          .join(' '),
        folder,
        [],
      );
    } else if (verb === 'rebase') {
      await this.look(options.value('exec') ?? '', folder, []);
    } else if (verb === 'bisect' && words[0] === 'run') {
      await this.look('"$@"', folder, args.slice(args.indexOf('run') + 1));
    }
  }

  private async alias({ verb, args, settings }: GitCall, run: Run, folder: string): Promise<void> {
    if (!/^\w[\w.-]{0,79}$/.test(verb)) {
      return;
    }
    const given = [...settings.map((one) => setting(one, run)), ...settingsByEnvironment(run)];
    const text =
      given.filter(([name]) => name === `alias.${verb}`.toLowerCase()).at(-1)?.[1] ??
      this.ownAliases.get(verb) ??
      (await this.aliases()).get(verb.toLowerCase());
    if (text === undefined) {
      // A setting may name a command that is not known here.
      this.verbs.add(verb);
      return;
    }
    this.verbs.add(verb);
    const passed = given.flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    await (text.startsWith('!')
      ? this.look(`${text.slice(1)} "$@"`, this.where.home?.top ?? folder, args)
      : this.look(`git ${passed.map(inQuotes).join(' ')} ${text} "$@"`, folder, args));
  }

  private async aliases(): Promise<ReadonlyMap<string, string>> {
    this.known ??= await this.asked.aliases();
    return this.known;
  }
}

/** A run of git's, by any name that it has. */
function gitCall({ program, args }: Run): GitCall | undefined {
  const name = baseName(program);
  if (/^git$/i.test(name) || (program.startsWith(unknown) && tellsGit.test(args[0] ?? ''))) {
    return readCall(args);
  }
  const verb = /^git-([a-z][a-z-]*)$/.exec(name)?.[1];
  return verb === undefined ? undefined : { verb, args, folders: [], settings: [] };
}

/** `-c name=value`, or `--config-env name=VARIABLE`. */
function setting(text: string, run: Run): readonly [string, string] {
  const at = text.indexOf('=');
  const [name, value] = at < 0 ? [text, 'true'] : [text.slice(0, at), text.slice(at + 1)];
  return [name.toLowerCase(), run.variables.get(value) ?? value];
}

function settingsByEnvironment({ variables }: Run): (readonly [string, string])[] {
  const count = Math.min(Number(variables.get('GIT_CONFIG_COUNT') ?? 0) || 0, 20);
  return Array.from({ length: count }, (_, at) => [
    (variables.get(`GIT_CONFIG_KEY_${at}`) ?? '').toLowerCase(),
    variables.get(`GIT_CONFIG_VALUE_${at}`) ?? '',
  ]);
}

function inQuotes(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
