import { access, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { BelayError } from '../errors';
import { GitError } from './errors';
import { ExcludesFile } from './excludesFile';
import type { Git } from './git';
import { configFileOf, headFileOf, type RefFormat } from './keptFiles';
import { Lasting } from './lasting';
import { isMissing, whenMissing } from './diskErrors';
import { makeOwnFolder, sharedModes, type SharedModes } from './own';
import { Plumbing } from './plumbing';

/** One git common dir; its linked worktrees share it. */
export interface Repository {
  readonly git: Git;
  /** The git common dir, absolute, with symbolic links resolved. */
  readonly commonDir: string;
  /** Where Belay keeps its locks and caches: `<common dir>/belay`. */
  readonly belayDir: string;
  /** The modes of what Belay makes there, where several users share the repository. */
  readonly shared: SharedModes | undefined;
  readonly objectFormat: 'sha1' | 'sha256';
  /**
   * How references are stored now (`git refs migrate` changes it): what is to be watched, and where locks lie, depends on it. git is
   * asked again where its configuration has changed.
   */
  readonly refFormat: () => Promise<RefFormat>;
  /** Whether references and their logs are in a folder that was named for them: then no file below the common dir tells of them. */
  readonly refsElsewhere: boolean;
  /** The object id that stands for "does not exist", in the repository's own width. */
  readonly zeroOid: string;
}

/** One working directory of a repository. */
export interface Worktree {
  readonly repository: Repository;
  readonly git: Git;
  readonly plumbing: Plumbing;
  /** Its folder, absolute. */
  readonly root: string;
  /** Its own git dir, absolute: the common dir for the main worktree. */
  readonly gitDir: string;
  /** The name of its own git dir: `main`, or the folder name under `worktrees/`. Names its shadow branch. */
  readonly key: string;
  /**
   * The settings that Belay asks about (`belay.*`, `core.filemode`, `filter.*`, ...), in lower case except for the names of
   * filters and hooks, with their values at the time of opening.
   */
  readonly config: ReadonlyMap<string, string>;
  /** The user's own ignore file. */
  readonly excludes: ExcludesFile;
  /** The branch that HEAD names, as git last said. */
  readonly headBranch: Lasting<string | undefined>;
  /** What was noticed on the way and a person is to hear of, whatever comes of the work itself. */
  readonly notices: Notices;
}

/** Sentences to be shown to the person: each is taken once, by the caller that shows it. */
export class Notices {
  private readonly waiting = new Set<string>();

  add(sentence: string): void {
    this.waiting.add(sentence);
  }

  take(): string[] {
    const taken = [...this.waiting];
    this.waiting.clear();
    return taken;
  }
}

/**
 * Finds the worktree that a folder lies in.
 * @throws BelayError `not_a_repository`, `bare_repository`, `unsafe_repository`, `refused_location`, `git_missing`.
 */
export async function openWorktree(git: Git, folder: string): Promise<Worktree> {
  if (!(await exists(folder))) {
    throw new BelayError('not_a_repository', `The folder ${folder} does not exist.`);
  }
  const askedAt = Date.now();
  const [found, config] = await Promise.all([revParse(git, folder), readConfig(git, folder)]);
  const { root, gitDir, commonDir, objectFormat } = found;
  git.switchOffHooks([...config.keys()].flatMap((name) => /^hook\.(.*)\.event$/.exec(name)?.[1] ?? []));
  await refuseDangerousRoot(root);
  const oidBytes = objectFormat === 'sha256' ? 32 : 20;
  const realCommonDir = await realpath(commonDir);
  const belayDir = path.join(realCommonDir, 'belay');
  const repository: Repository = {
    git,
    commonDir: realCommonDir,
    belayDir,
    shared: sharedModes(config.get('core.sharedrepository')),
    objectFormat,
    refFormat: refFormatOf(git, realCommonDir, { askedAt, format: found.refFormat }),
    refsElsewhere: areRefsElsewhere(config),
    zeroOid: '0'.repeat(oidBytes * 2),
  };
  const realGitDir = await realpath(gitDir);
  const headBranch = new Lasting<string | undefined>();
  const headFile = headFileOf(realGitDir, repository.refsElsewhere ? undefined : found.refFormat);
  if (headFile !== undefined && found.head !== undefined) {
    headBranch.learn(headFile, askedAt, found.head === 'HEAD' ? undefined : found.head);
  }
  return {
    repository,
    git,
    plumbing: plumbingOf(repository, root),
    root,
    gitDir: realGitDir,
    headBranch,
    key: worktreeKey(realCommonDir, realGitDir),
    config,
    excludes: await ExcludesFile.of(
      git,
      { root, commonDir: realCommonDir, gitDir: realGitDir },
      config.get('core.excludesfile'),
    ),
    notices: new Notices(),
  };
}

export function plumbingOf(repository: Repository, root: string): Plumbing {
  const oidBytes = repository.zeroOid.length / 2;
  return new Plumbing(repository.git, root, () => makeOwnFolder(repository, 'tmp'), {
    oidBytes,
    configFile: configFileOf(repository.commonDir),
  });
}

function refFormatOf(
  git: Git,
  commonDir: string,
  first: { readonly askedAt: number; readonly format: RefFormat },
): () => Promise<RefFormat> {
  const file = configFileOf(commonDir);
  const lasting = new Lasting<RefFormat>();
  lasting.learn(file, first.askedAt, first.format);
  return () =>
    lasting.of(file, async () =>
      asRefFormat(await git.text({ args: ['rev-parse', '--show-ref-format'], cwd: commonDir })),
    );
}

/** A git before 2.44 knows no other than files, and says the question itself again. */
function asRefFormat(said: string): RefFormat {
  return said === 'reftable' ? 'reftable' : 'files';
}

/**
 * Lets the worktree's processes end; the worktree can still be used.
 * @param asker Another worktree, whose notices a person is told: it gets those of this one, with its key before each.
 */
export function closeWorktree(worktree: Worktree, asker?: Worktree): void {
  worktree.plumbing.close();
  if (asker !== undefined) {
    for (const sentence of worktree.notices.take()) {
      asker.notices.add(`${worktree.key}: ${sentence}`);
    }
  }
}

/**
 * The name of the worktree's own git dir. One that would be the main worktree's key, or looks like an escaped one, is
 * escaped the way session ids are, so that no two worktrees share a key.
 */
export function worktreeKey(commonDir: string, gitDir: string): string {
  if (gitDir === commonDir) {
    return 'main';
  }
  const name = path.basename(gitDir);
  return name === 'main' ? '%6dain' : name.replaceAll('%', '%25');
}

/** The git dir of the worktree that has this key: the reverse of {@link worktreeKey}. */
export function gitDirOf(commonDir: string, key: string): string {
  const folder = key.replace(/^%6d/, 'm').replaceAll('%25', '%');
  return key === 'main' ? commonDir : path.join(commonDir, 'worktrees', folder);
}

/**
 * Tells a linked worktree from an earlier one that had the same key: when it was made, in nanoseconds since the epoch. git
 * writes that file once, when it adds the worktree. Undefined for the main worktree, and for one that is gone.
 */
export async function worktreeBirth(commonDir: string, key: string): Promise<string | undefined> {
  if (key === 'main') {
    return undefined;
  }
  const file = path.join(gitDirOf(commonDir, key), 'commondir');
  const found = await stat(file, { bigint: true }).catch(whenMissing(undefined));
  return found && String(found.mtimeNs);
}

interface RevParsed {
  readonly root: string;
  readonly gitDir: string;
  readonly commonDir: string;
  readonly objectFormat: 'sha1' | 'sha256';
  readonly refFormat: RefFormat;
  /** The branch that HEAD names, `HEAD` when detached; undefined where git does not tell: without a commit, above all. */
  readonly head: string | undefined;
}

async function revParse(git: Git, folder: string): Promise<RevParsed> {
  const args = [
    'rev-parse',
    '--quiet',
    '--path-format=absolute',
    '--show-toplevel',
    '--git-dir',
    '--git-common-dir',
    '--show-object-format',
    '--show-ref-format',
    // On a branch without a commit it says all but this, and ends with 1.
    '--symbolic-full-name',
    '--verify',
    'HEAD',
  ];
  let said: string;
  try {
    said = (await git.run({ args, cwd: folder, answers: [1] })).stdout.toString('utf8');
  } catch (thrown) {
    if (thrown instanceof GitError && thrown.failure === 'not_a_repository') {
      throw new BelayError('not_a_repository', `${folder} is not inside a git repository.`, {
        cause: thrown,
      });
    }
    throw thrown;
  }
  const [root, gitDir, commonDir, format, refFormat, head, ...rest] = said.replace(/\n$/, '').split('\n');
  if (
    root === undefined ||
    gitDir === undefined ||
    commonDir === undefined ||
    (format !== 'sha1' && format !== 'sha256') ||
    refFormat === undefined ||
    rest.length > 0
  ) {
    throw new BelayError(
      'not_a_repository',
      `git gave no usable answer about ${folder} (a path with a line end?).`,
    );
  }
  return { root, gitDir, commonDir, objectFormat: format, refFormat: asRefFormat(refFormat), head };
}

export async function readConfig(git: Git, folder: string): Promise<Map<string, string>> {
  const args = [
    'config',
    '-z',
    '--get-regexp',
    '^(belay\\..*|hook\\..*\\.event|core\\.(filemode|ignorecase|excludesfile|sharedrepository|worktree)|extensions\\.refstorage|filter\\..*\\.(clean|process|required))$',
  ];
  const output = await git.run({ args, cwd: folder, answers: [1, 128] });
  const entries = output.stdout
    .toString('utf8')
    .split('\0')
    .filter((entry) => entry !== '');
  return new Map(
    entries.map((entry) => {
      const [name = '', ...value] = entry.split('\n');
      // A setting without a value means true (git-config(1)).
      return [
        /^(?:filter|hook)\./.test(name) ? name : name.toLowerCase(),
        value.length === 0 ? 'true' : value.join('\n'),
      ];
    }),
  );
}

/** Whether a place is named for references, as a URL (`extensions.refStorage`, GIT_REFERENCE_BACKEND; git 2.54). */
function areRefsElsewhere(config: Worktree['config']): boolean {
  return [config.get('extensions.refstorage'), process.env['GIT_REFERENCE_BACKEND']].some(
    (named) => named?.includes('://') === true,
  );
}

async function refuseDangerousRoot(root: string): Promise<void> {
  const real = await realpath(root);
  if (real === path.parse(real).root) {
    throw new BelayError('refused_location', `The worktree ${root} is the root of a file system.`);
  }
  const home = await realpath(homedir()).catch(whenMissing(undefined));
  if (home !== undefined && (home === real || home.startsWith(real + path.sep))) {
    throw new BelayError('refused_location', `The worktree ${root} holds a whole home folder.`);
  }
}

/** Whether references and their logs are files below the common dir, where their times tell something. */
export async function hasRefFiles({ refFormat, refsElsewhere }: Repository): Promise<boolean> {
  return !refsElsewhere && (await refFormat()) === 'files';
}

export async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (thrown) {
    if (isMissing(thrown)) {
      return false;
    }
    throw thrown;
  }
}
