import type { Stats } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { failureFromWords, GitError } from '../git/errors';
import { pathBytes, quoteBytes, type GitPath } from '../git/path';
import { hasCode, isMissing } from '../git/diskErrors';
import { makeScratch } from '../git/own';
import type { Worktree } from '../git/worktree';
import type { UncoveredReason } from './checkpoint';
import type { PathEntry } from './trees';

/** What was found at a path on disk. */
export type DiskEntry =
  | { readonly kind: 'file'; readonly size: number; readonly executable: boolean }
  | { readonly kind: 'link' }
  | { readonly kind: 'folder' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unreadable' };

/** What became of a path: stored as a blob, gone from disk, or not to be had. */
export type Hashed =
  | {
      readonly kind: 'stored';
      readonly entry: PathEntry;
      /** Storing it once more would take long. */
      readonly slow?: boolean;
    }
  | { readonly kind: 'gone' }
  | { readonly kind: 'uncovered'; readonly reason: UncoveredReason };

/** Looks at each path without following a link at its end. */
export async function look(worktree: Worktree, paths: readonly GitPath[]): Promise<Map<GitPath, DiskEntry>> {
  const found = new Map<GitPath, DiskEntry>();
  const width = 64;
  for (let at = 0; at < paths.length; at += width) {
    const looked = await Promise.all(
      paths
        .slice(at, at + width)
        .map(async (name): Promise<[GitPath, DiskEntry]> => [name, await lookAt(worktree, name)]),
    );
    for (const [name, what] of looked) {
      found.set(name, what);
    }
  }
  return found;
}

async function lookAt(worktree: Worktree, name: GitPath): Promise<DiskEntry> {
  try {
    return classify(await fs.lstat(onDisk(worktree, name)));
  } catch (thrown) {
    return isMissing(thrown) ? { kind: 'nothing' } : { kind: 'unreadable' };
  }
}

function classify(stat: Stats): DiskEntry {
  if (stat.isFile()) {
    return { kind: 'file', size: stat.size, executable: (stat.mode & 0o100) !== 0 };
  }
  if (stat.isSymbolicLink()) {
    return { kind: 'link' };
  }
  return stat.isDirectory() ? { kind: 'folder' } : { kind: 'nothing' };
}

/** The path on disk, as bytes, for the file system. */
export function onDisk(worktree: Worktree, name: GitPath): Buffer {
  return Buffer.concat([Buffer.from(`${worktree.root}/`, 'utf8'), pathBytes(name)]);
}

/**
 * Stores the present content of the files and links as blobs, through the user's clean filters. A file
 * that vanishes in between is gone; one that cannot be read or filtered is uncovered; the others are not held up by it.
 */
export async function hashPaths(
  worktree: Worktree,
  found: ReadonlyMap<GitPath, DiskEntry>,
  signal?: AbortSignal,
  store: StoreFiles = hashFiles,
): Promise<Map<GitPath, Hashed>> {
  const hashed = new Map<GitPath, Hashed>();
  const files: GitPath[] = [];
  const links: GitPath[] = [];
  for (const [name, what] of found) {
    switch (what.kind) {
      case 'file':
        files.push(name);
        break;
      case 'link':
        links.push(name);
        break;
      case 'folder':
      case 'nothing':
        hashed.set(name, { kind: 'gone' });
        break;
      case 'unreadable':
        hashed.set(name, { kind: 'uncovered', reason: 'unreadable' });
        break;
    }
  }
  for (const [name, result] of await store(worktree, files, found, signal)) {
    hashed.set(name, result);
  }
  await hashLinks(worktree, links, hashed, signal);
  return hashed;
}

/** How files are stored, where it matters how long that takes. */
export type StoreFiles = (
  worktree: Worktree,
  files: readonly GitPath[],
  found: ReadonlyMap<GitPath, DiskEntry>,
  signal: AbortSignal | undefined,
) => Promise<ReadonlyMap<GitPath, Hashed>>;

async function hashFiles(
  worktree: Worktree,
  files: readonly GitPath[],
  found: ReadonlyMap<GitPath, DiskEntry>,
  signal: AbortSignal | undefined,
): Promise<Map<GitPath, Hashed>> {
  const hashed = new Map<GitPath, Hashed>();
  for (let rest = files; rest.length > 0;) {
    const { oids, failed } = await hashBatch(worktree, rest, [], signal);
    for (const [index, oid] of oids.entries()) {
      const name = rest[index] ?? '';
      hashed.set(name, { kind: 'stored', entry: fileEntry(worktree, found.get(name), oid) });
    }
    const culprit = rest[oids.length];
    if (!failed || culprit === undefined) {
      break;
    }
    // git stops at the first file that it cannot take; the ones after it are tried without it.
    hashed.set(culprit, await hashAlone(worktree, culprit, found.get(culprit)));
    rest = rest.slice(oids.length + 1);
  }
  return hashed;
}

/** Whether execute bits on disk mean anything (`core.fileMode`, in any of git's spellings). */
export function trustsExecuteBits(worktree: Worktree): boolean {
  return !/^(?:false|no|off|0+|)$/i.test(worktree.config.get('core.filemode') ?? 'true');
}

/** What a tree says of a file that is stored. */
export function fileEntry(worktree: Worktree, what: DiskEntry | undefined, oid: string): PathEntry {
  const executable = trustsExecuteBits(worktree) && what?.kind === 'file' && what.executable;
  return { mode: executable ? '100755' : '100644', oid };
}

async function hashLinks(
  worktree: Worktree,
  links: readonly GitPath[],
  hashed: Map<GitPath, Hashed>,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (links.length === 0) {
    return;
  }
  const scratch = await makeScratch(worktree.repository, 'links');
  try {
    const targets: { name: GitPath; file: string }[] = [];
    for (const [index, name] of links.entries()) {
      const target = await fs.readlink(onDisk(worktree, name), 'buffer').catch(goneMeanwhile);
      if (target === undefined) {
        hashed.set(name, { kind: 'gone' });
      } else {
        const file = path.join(scratch.folder, String(index));
        await fs.writeFile(file, target);
        targets.push({ name, file });
      }
    }
    const files = targets.map(({ file }) => Buffer.from(file, 'utf8').toString('latin1'));
    const { oids, failed } = await hashBatch(worktree, files, ['--no-filters'], signal);
    if (failed) {
      throw new GitError('other', 'hash-object', 'a symbolic link could not be stored');
    }
    for (const [index, { name }] of targets.entries()) {
      hashed.set(name, { kind: 'stored', entry: { mode: '120000', oid: oids[index] ?? '' } });
    }
  } finally {
    await scratch.remove();
  }
}

/**
 * Hashes as many as git takes. A process of its own each time: a long-lived one would go on using the attributes and
 * filters that it read at its start.
 */
async function hashBatch(
  worktree: Worktree,
  names: readonly GitPath[],
  options: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ oids: string[]; failed: boolean }> {
  if (names.length === 0) {
    return { oids: [], failed: false };
  }
  const { stdout, exitCode } = await worktree.git.run({
    args: ['hash-object', '-w', ...options, '--stdin-paths'],
    cwd: worktree.root,
    locale: 'user',
    input: names.map((name) => `${quoteBytes(pathBytes(name))}\n`).join(''),
    signal,
    answers: [1, 128],
  });
  return { oids: stdout.toString('ascii').split('\n').slice(0, -1), failed: exitCode !== 0 };
}

/**
 * Tries one file alone, with messages that can be read: "this file cannot be stored" leaves it uncovered, "nothing can
 * be stored" (disk full, object store not writable) voids the checkpoint.
 */
export async function hashAlone(
  worktree: Worktree,
  name: GitPath,
  what: DiskEntry | undefined,
  timeLimit = worktree.git.timeLimit,
): Promise<Hashed> {
  const { stdout, stderr, exitCode } = await worktree.git.run({
    args: ['hash-object', '-w', '--stdin-paths'],
    cwd: worktree.root,
    input: `${quoteBytes(pathBytes(name))}\n`,
    timeLimit,
    answers: [1, 128],
  });
  if (exitCode === 0) {
    return { kind: 'stored', entry: fileEntry(worktree, what, stdout.toString('ascii').trim()) };
  }
  const closed = await whyClosed(worktree, name);
  if (closed !== undefined) {
    return closed;
  }
  if (conversionFailed.test(stderr)) {
    return { kind: 'uncovered', reason: 'filter_failed' };
  }
  if (readFailed.test(stderr)) {
    return { kind: 'uncovered', reason: 'unreadable' };
  }
  throw new GitError(failureFromWords(stderr), 'hash-object', stderr);
}

/** What git says when a file that can be opened cannot be read to its end (a bad disk, or it keeps shrinking). */
const readFailed = /short read|read error|Input\/output error/i;

/** What git says when a readable file cannot be converted: a filter, an encoding, or line ends that must not change. */
const conversionFailed = /filter|encod|byte order mark|would be replaced by/i;

/** Why a file cannot even be opened; undefined when it can. */
async function whyClosed(worktree: Worktree, name: GitPath): Promise<Hashed | undefined> {
  try {
    const file = await fs.open(onDisk(worktree, name));
    await file.close();
    return undefined;
  } catch (thrown) {
    return isMissing(thrown) ? { kind: 'gone' } : { kind: 'uncovered', reason: 'unreadable' };
  }
}

function goneMeanwhile(thrown: unknown): undefined {
  if (isMissing(thrown) || hasCode(thrown, 'EINVAL')) {
    return undefined;
  }
  throw thrown;
}
