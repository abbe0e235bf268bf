import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { GitError } from '../git/errors';
import { whenMissing } from '../git/missing';
import { pathBytes, pathFromBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { onDisk, type Hashed } from './hash';
import { entriesAt, type PathEntry } from './trees';

/** Larger files are taken for binary ones, whose line ends git leaves alone. In bytes. */
const largest = 16 * 1024 * 1024;
/** From so many files on it is cheaper to look first which of them were there before. */
const many = 500;

/**
 * Gives files with CRLF line ends the blobs that `git add` would give them. Under `text=auto` git leaves such a file alone
 * if the version before has CRLF as well, which it looks up in the index (gitattributes(5)); `hash-object` reads no index
 * and would turn every line end, and a restore would then turn them on disk.
 */
export async function keepLineEnds(
  worktree: Worktree,
  base: string,
  hashed: Map<GitPath, Hashed>,
): Promise<void> {
  const stored = [...hashed].flatMap(([name, result]) =>
    result.kind === 'stored' && result.entry.mode.startsWith('100') ? [name] : [],
  );
  const likely = stored.length > many ? [...(await before(worktree, base, stored)).keys()] : stored;
  const withReturns: GitPath[] = [];
  for (const name of likely) {
    if (await hasReturns(worktree, name)) {
      withReturns.push(name);
    }
  }
  const entries = await before(worktree, base, withReturns);
  if (entries.size === 0) {
    return;
  }
  for (const [name, oid] of await addToScratchIndex(worktree, entries)) {
    const result = hashed.get(name);
    if (result?.kind === 'stored') {
      hashed.set(name, { kind: 'stored', entry: { ...result.entry, oid } });
    }
  }
}

/** Those of the files that the base has as files. */
async function before(
  worktree: Worktree,
  base: string,
  names: readonly GitPath[],
): Promise<Map<GitPath, PathEntry>> {
  const known = new Map<GitPath, PathEntry>();
  for (const [name, entry] of await entriesAt(worktree.plumbing, base, names)) {
    if (entry?.mode.startsWith('100') === true) {
      known.set(name, entry);
    }
  }
  return known;
}

async function hasReturns(worktree: Worktree, name: GitPath): Promise<boolean> {
  const file = onDisk(worktree, name);
  const stat = await fs.lstat(file).catch(whenMissing(undefined));
  if (stat?.isFile() !== true || stat.size > largest) {
    return false;
  }
  const content = await fs.readFile(file).catch(whenMissing(Buffer.alloc(0)));
  return content.includes('\r\n');
}

/** Lets git add the files to an index that holds just their earlier versions, and gives what it made of them. */
async function addToScratchIndex(
  worktree: Worktree,
  entries: ReadonlyMap<GitPath, PathEntry>,
): Promise<Map<GitPath, string>> {
  const folder = path.join(worktree.repository.belayDir, 'tmp', `line-ends-${randomUUID()}`);
  await fs.mkdir(folder, { recursive: true });
  const env = { GIT_INDEX_FILE: path.join(folder, 'index') };
  const { git, root: cwd } = worktree;
  try {
    const lines = [...entries].map(([name, { mode, oid }]) => `${mode} ${oid}\t${name}\0`);
    const earlier = Buffer.from(lines.join(''), 'latin1');
    await git.run({ args: ['update-index', '-z', '--index-info'], cwd, env, input: earlier });
    const names = Buffer.concat([...entries.keys()].flatMap((name) => [pathBytes(name), Buffer.from([0])]));
    await git.run({ args: ['update-index', '-z', '--stdin'], cwd, env, locale: 'user', input: names });
    const { stdout } = await git.run({ args: ['ls-files', '-s', '-z'], cwd, env });
    return new Map(
      pathFromBytes(stdout)
        .split('\0')
        .filter((line) => line !== '')
        .map((line) => [line.slice(line.indexOf('\t') + 1), line.split(' ')[1] ?? '']),
    );
  } catch (thrown) {
    if (!(thrown instanceof GitError) || thrown.failure !== 'other') {
      throw thrown;
    }
    // A file that vanished or was locked meanwhile. What was stored is what git stores without an index.
    return new Map();
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}
