import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { GitError } from '../git/errors';
import { Again, retry } from '../git/retry';
import { pathBytes, type GitPath } from '../git/path';
import { isDiskError, toleratesDisk, isMissing, whenMissing, whenRefused } from '../git/diskErrors';
import { makeOwnFolder, scratchAway, writeOwnFile, type Scratch } from '../git/own';
import { worktreeBirth, type Worktree } from '../git/worktree';
import { uniqueName } from '../git/unique';
import { readEntries } from './indexEntries';
import { replacedSubmodules } from './nested';

/** How long a private index that was replaced is kept for a scan that may still be reading it, in milliseconds. */
const keptFor = 60 * 60_000;

const record = v.object({
  /** What the user's index looked like to `stat` when this was made from it. */
  signature: v.string(),
  /** The private index's file name. */
  file: v.pipe(v.string(), v.regex(/^index-[0-9a-f-]{36}$/)),
  /** The tree that the private index stands for. */
  tree: v.string(),
  /** The segment whose checkpoints keep that tree reachable; undefined when the user's own index does. */
  segment: v.optional(v.string()),
  /** The tree of the user's staged state (without the paths in conflict). */
  staged: v.string(),
  /** The index entries of paths in conflict, as `mode oid stage` and the path. */
  unmerged: v.array(v.object({ entry: v.string(), path: v.string() })),
  /** Paths that are submodules or nested repositories in the index. */
  gitlinks: v.array(v.string()),
  /** Submodules in whose place something else stands, which are not in the private index. */
  replaced: v.array(v.string()),
  /** Whether the user's index leaves paths out by a sparse checkout. */
  sparse: v.boolean(),
  /** The ignore files among the user's index's paths. */
  ignoreFiles: v.array(v.string()),
  /** The ignore rules by which untracked files came into it; undefined when it holds none. */
  rules: v.optional(v.string()),
});

type CacheRecord = v.InferOutput<typeof record>;

/** A private index to scan with, and what is known of the user's own. */
export interface StatCache extends CacheRecord {
  /** The private index, absolute. */
  readonly index: string;
  /** Where it is instead when Belay's own folder cannot be used: to be removed by the caller that opened it. */
  readonly away: Scratch | undefined;
}

/**
 * The private index of this worktree: git's stat cache for whole scans, so that a scan costs what `git status` costs.
 * The user's index is only ever read.
 *
 * It is made anew from the user's index whenever that one changed (so that files added by force, sparse checkout bits
 * and so on are followed), and whenever its tree might no longer be reachable: `gc --prune=now` would otherwise take
 * objects that only the private index knows, and a tree built on them would have holes (measured).
 *
 * Where Belay's own folder cannot be read or written, it is made anew in the system's temporary folder, for this once.
 */
export async function openStatCache(worktree: Worktree, segment: string | undefined): Promise<StatCache> {
  const folder = cacheFolder(worktree);
  const known = await readRecord(folder);
  const signature = await indexSignature(worktree);
  if (
    known?.signature === signature &&
    (known.segment === undefined || known.segment === segment) &&
    isSame(known.replaced, await replacedSubmodules(worktree, [...known.gitlinks, ...known.replaced])) &&
    (await isUsable(path.join(folder, known.file)))
  ) {
    return { ...known, index: path.join(folder, known.file), away: undefined };
  }
  try {
    await makeOwnFolder(worktree.repository, 'worktrees', worktree.key);
    await fs.access(folder, fs.constants.W_OK | fs.constants.X_OK);
    return { ...(await seed(worktree, folder)), away: undefined };
  } catch (thrown) {
    toleratesDisk(thrown);
    const away = await scratchAway();
    return { ...(await seed(worktree, away.folder)), away };
  }
}

/** Makes the next {@link openStatCache} start from the user's index. */
export async function dropStatCache(worktree: Worktree): Promise<void> {
  await fs.rm(path.join(cacheFolder(worktree), 'cache.json'), { force: true }).catch(whenRefused(undefined));
}

/**
 * Brings the private index up to date with what a checkpoint captured, so that the next scan need not read those files
 * again. Kept only if the index then stands for exactly the published tree, which its segment keeps reachable.
 */
export async function refreshStatCache(
  worktree: Worktree,
  cache: StatCache,
  published: {
    readonly tree: string;
    readonly segment: string;
    readonly rules: string;
    readonly paths: readonly GitPath[];
    /** In milliseconds: it is given up after that. */
    readonly timeLimit?: number;
  },
): Promise<void> {
  const folder = cacheFolder(worktree);
  const file = `index-${uniqueName()}`;
  const index = path.join(folder, file);
  await copyIndex(worktree, cache.index, index);
  const env = { GIT_INDEX_FILE: index };
  const { timeLimit = worktree.git.timeLimit } = published;
  await worktree.git.run({
    timeLimit,
    args: ['update-index', '-z', '--add', '--remove', '--stdin'],
    cwd: worktree.root,
    env,
    locale: 'user',
    input: joinPaths(published.paths),
  });
  const tree = await worktree.git.text({ args: ['write-tree'], cwd: worktree.root, env });
  if (tree !== published.tree) {
    await fs.rm(index, { force: true });
    return;
  }
  const { segment, rules } = published;
  await writeRecord(worktree, folder, { ...cacheRecord(cache), file, tree, segment, rules });
  await removeOldIndexes(folder, file);
}

function cacheRecord(cache: StatCache): CacheRecord {
  const { signature, file, tree, segment, staged, unmerged, gitlinks } = cache;
  const { replaced, sparse, ignoreFiles, rules } = cache;
  return {
    signature,
    file,
    tree,
    segment,
    staged,
    unmerged,
    gitlinks,
    replaced,
    sparse,
    ignoreFiles,
    rules,
  };
}

function cacheFolder(worktree: Worktree): string {
  return path.join(worktree.repository.belayDir, 'worktrees', worktree.key);
}

async function seed(worktree: Worktree, folder: string): Promise<Omit<StatCache, 'away'>> {
  const file = `index-${uniqueName()}`;
  const index = path.join(folder, file);
  const env = { GIT_INDEX_FILE: index };
  const { git, root } = worktree;
  const signature = await copyUserIndex(worktree, index);
  const entries = await readEntries(worktree, index);
  if (entries.unmerged.length > 0) {
    // Without their entries the paths in conflict show up as untracked files, and their files on disk are captured.
    await removeEntries(
      worktree,
      env,
      entries.unmerged.map(({ path: name }) => name),
    );
  }
  const sparse = entries.skipped.length > 0 && (await isSparse(worktree));
  for (const [flag, paths] of [
    ['--no-assume-unchanged', entries.assumedUnchanged],
    ['--no-skip-worktree', sparse ? [] : entries.skipped],
  ] as const) {
    if (paths.length > 0) {
      // The user told git not to look at these files; a checkpoint must.
      await git.run({
        args: ['update-index', flag, '-z', '--stdin'],
        cwd: root,
        env,
        input: joinPaths(paths),
      });
    }
  }
  const staged = await git.text({ args: ['write-tree'], cwd: root, env });
  const replaced = await replacedSubmodules(worktree, entries.gitlinks);
  let tree = staged;
  if (replaced.length > 0) {
    // git looks at nothing in the place of a submodule.
    await removeEntries(worktree, env, replaced);
    tree = await git.text({ args: ['write-tree'], cwd: root, env });
  }
  // git takes a missing index for an empty one; should ours have been removed in between, this fails.
  await fs.access(index);
  const made: CacheRecord = {
    signature,
    file,
    tree,
    staged,
    unmerged: entries.unmerged,
    gitlinks: entries.gitlinks.filter((name) => !replaced.includes(name)),
    replaced,
    sparse,
    ignoreFiles: entries.ignoreFiles,
  };
  await writeRecord(worktree, folder, made);
  await removeOldIndexes(folder, file);
  return { ...made, index };
}

async function removeEntries(
  worktree: Worktree,
  env: Readonly<Record<string, string>>,
  names: readonly GitPath[],
): Promise<void> {
  await worktree.git.run({
    args: ['update-index', '-z', '--index-info'],
    cwd: worktree.root,
    env,
    input: Buffer.from(names.map((name) => `0 ${worktree.repository.zeroOid}\t${name}\0`).join(''), 'latin1'),
  });
}

function isSame(names: readonly GitPath[], others: readonly GitPath[]): boolean {
  return names.length === others.length && names.every((name) => others.includes(name));
}

/** Asked each time, and of git: a sparse checkout may be set while we run, and `true` has many spellings. */
async function isSparse(worktree: Worktree): Promise<boolean> {
  const { stdout } = await worktree.git.run({
    args: ['config', '--type=bool', '--get', 'core.sparseCheckout'],
    cwd: worktree.root,
    answers: [1],
  });
  return stdout.toString('utf8').trim() === 'true';
}

/**
 * Copies the user's index with its time of change: git compares each file's time with the index's to see whether it
 * must look at the content, and a copy with a fresh time misses edits (measured: 6 of 20).
 */
async function copyUserIndex(worktree: Worktree, index: string): Promise<string> {
  return retry({ tries: 5 }, async () => {
    const before = await indexSignature(worktree);
    if (before === 'none') {
      await worktree.git.run({
        args: ['read-tree', '--empty'],
        cwd: worktree.root,
        env: { GIT_INDEX_FILE: index },
      });
      return before;
    }
    await copyIndex(worktree, userIndex(worktree), index);
    const words = 'the index changed during each of five copies';
    return (await indexSignature(worktree)) === before
      ? before
      : new Again(new GitError('index_unusable', 'copy of the index', words));
  });
}

async function copyIndex({ repository }: Worktree, from: string, to: string): Promise<void> {
  const source = await fs.open(from);
  try {
    const { mtimeMs } = await source.stat();
    await writeOwnFile(repository, to, await source.readFile());
    // Never later than the original, whatever the rounding: an earlier time only makes git look more closely.
    const time = (Math.floor(mtimeMs) - 1) / 1000;
    await fs.utimes(to, time, time);
  } finally {
    await source.close();
  }
}

function userIndex(worktree: Worktree): string {
  return path.join(worktree.gitDir, 'index');
}

async function indexSignature(worktree: Worktree): Promise<string> {
  try {
    const [stat, born] = await Promise.all([
      fs.stat(userIndex(worktree), { bigint: true }),
      worktreeBirth(worktree.repository.commonDir, worktree.key),
    ]);
    return [stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs, born ?? 'main'].join('-');
  } catch (thrown) {
    if (isMissing(thrown)) {
      return 'none';
    }
    throw thrown;
  }
}

function joinPaths(paths: readonly GitPath[]): Buffer {
  return Buffer.concat(paths.flatMap((name) => [pathBytes(name), Buffer.from([0])]));
}

async function readRecord(folder: string): Promise<CacheRecord | undefined> {
  try {
    const parsed: unknown = JSON.parse(await fs.readFile(path.join(folder, 'cache.json'), 'utf8'));
    const result = v.safeParse(record, parsed);
    return result.success ? result.output : undefined;
  } catch (thrown) {
    if (isDiskError(thrown) || thrown instanceof SyntaxError) {
      // A cache that is not there, may not be read, or was torn by a crash, is made anew.
      return undefined;
    }
    throw thrown;
  }
}

async function writeRecord({ repository }: Worktree, folder: string, made: CacheRecord): Promise<void> {
  const fresh = path.join(folder, `cache-${uniqueName()}.json`);
  await writeOwnFile(repository, fresh, JSON.stringify(made));
  await fs.rename(fresh, path.join(folder, 'cache.json'));
}

async function removeOldIndexes(folder: string, current: string): Promise<void> {
  for (const name of await fs.readdir(folder)) {
    if (name === 'cache.json' || name === 'stored.json' || name.startsWith(current)) {
      continue;
    }
    const file = path.join(folder, name);
    const stat = await fs.stat(file).catch(whenMissing(undefined));
    if (stat !== undefined && Date.now() - stat.ctimeMs > keptFor) {
      await fs.rm(file, { force: true }).catch(whenRefused(undefined));
    }
  }
}

/** Whether it is a file that git can read. */
async function isUsable(file: string): Promise<boolean> {
  try {
    await fs.access(file, fs.constants.R_OK);
    return (await fs.stat(file)).isFile();
  } catch (thrown) {
    return whenRefused(false)(thrown);
  }
}
