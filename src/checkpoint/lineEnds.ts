import fs from 'node:fs/promises';
import path from 'node:path';
import { GitError } from '../git/errors';
import { makeScratch } from '../git/own';
import { pathBytes, pathFromBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { onDisk, type DiskEntry, type Hashed } from './hash';
import { entriesAt, type PathEntry } from './trees';

/** How much of a file is searched, in bytes: one with Windows line ends shows them at its beginning. */
const searched = 256 * 1024;
/** How many files are read at once. */
const width = 32;

/** Those of the files that have CRLF line ends on disk now. */
export async function filesWithReturns(
  worktree: Worktree,
  found: ReadonlyMap<GitPath, DiskEntry>,
): Promise<GitPath[]> {
  const files = [...found].flatMap(([name, { kind }]) => (kind === 'file' ? [name] : []));
  const having: GitPath[] = [];
  for (let at = 0; at < files.length; at += width) {
    const batch = files.slice(at, at + width);
    const answers = await Promise.all(batch.map((name) => hasReturns(worktree, name)));
    having.push(...batch.filter((_, index) => answers[index]));
  }
  return having;
}

/**
 * Gives files with CRLF line ends the blobs that `git add` would give them. Under `text=auto` git leaves such a file alone
 * if the version before has CRLF as well, which it looks up in the index (gitattributes(5)); `hash-object` reads no index
 * and would turn every line end, and a restore would then turn them on disk. Files that are slow to store are left out: git
 * would have to store them once more.
 */
export async function keepLineEnds(
  worktree: Worktree,
  base: string,
  withReturns: readonly GitPath[],
  hashed: Map<GitPath, Hashed>,
): Promise<void> {
  const stored = withReturns.filter((name) => {
    const result = hashed.get(name);
    return result?.kind === 'stored' && result.slow !== true;
  });
  const entries = await before(worktree, base, stored);
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
  try {
    const file = await fs.open(onDisk(worktree, name));
    try {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.allocUnsafe(searched) });
      return buffer.subarray(0, bytesRead).includes('\r\n');
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (thrown instanceof Error) {
      // What cannot be read is told when it is stored.
      return false;
    }
    throw thrown;
  }
}

/** Lets git add the files to an index that holds just their earlier versions, and gives what it made of them. */
async function addToScratchIndex(
  worktree: Worktree,
  entries: ReadonlyMap<GitPath, PathEntry>,
): Promise<Map<GitPath, string>> {
  const scratch = await makeScratch(worktree.repository, 'line-ends');
  const env = { GIT_INDEX_FILE: path.join(scratch.folder, 'index') };
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
    // A file that vanished or was locked in between. What was stored is what git stores without an index.
    return new Map();
  } finally {
    await scratch.remove();
  }
}
