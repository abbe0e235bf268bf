import { randomUUID } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import fs from 'node:fs/promises';
import { constants } from 'node:fs';
import path from 'node:path';
import { onDisk } from '../checkpoint/hash';
import type { PathEntry } from '../checkpoint/trees';
import { makeOwnFolder } from '../git/own';
import { pathBytes, type GitPath } from '../git/path';
import { hasCode, whenMissing } from '../git/missing';
import type { Worktree } from '../git/worktree';
import { orAbsent } from './absent';
import type { BlockedReason } from './model';
import { renderingPlace } from './rendering';

/** The files of a restore as they will be, rendered by git (filters, line ends, modes) where nobody else writes. */
export interface StagedFiles {
  /** Where the content of a path stands; undefined when git could not render it. */
  locate(path: GitPath): Promise<Buffer | undefined>;
  remove(): Promise<void>;
}

/**
 * Renders the entries into a folder below Belay's own, through an index of its own.
 * @param deleted What goes at the same time.
 */
export async function stageFiles(
  worktree: Worktree,
  entries: ReadonlyMap<GitPath, PathEntry>,
  deleted: readonly GitPath[] = [],
): Promise<StagedFiles> {
  const present = await existing(worktree, entries);
  const folder = await makeOwnFolder(worktree.repository, 'restore', randomUUID());
  const env = { GIT_INDEX_FILE: path.join(folder, 'index') };
  const prefix = path.join(folder, 'files') + path.sep;
  const lines = [...present].map(([name, { mode, oid }]) => `${mode} ${oid}\t${name}\0`);
  const { git, root: cwd } = worktree;
  await git.run({
    args: ['update-index', '-z', '--index-info'],
    cwd,
    env,
    input: Buffer.from(lines.join(''), 'latin1'),
  });
  const place = await renderingPlace(worktree, folder, [...present.keys()], deleted);
  const rendered = await git.run({
    args: ['checkout-index', '--all', '--force', '--quiet', `--prefix=${prefix}`],
    cwd: place.cwd,
    // One after the other, in the order of their names.
    env: {
      ...env,
      ...place.env,
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'checkout.workers',
      GIT_CONFIG_VALUE_0: '1',
    },
    locale: 'user',
    // A file that cannot be rendered (a smudge filter failed) is missing afterwards and said so; the others are there.
    answers: [1, 128],
  });
  if (rendered.exitCode === 128) {
    await removeLast(prefix, [...present.keys()]);
  }
  return {
    async locate(name) {
      const file = Buffer.concat([Buffer.from(prefix), pathBytes(name)]);
      return (await lstat(file)) === undefined ? undefined : file;
    },
    remove: () => fs.rm(folder, { recursive: true, force: true }),
  };
}

/** The entries whose content git has: of one that it cannot read it leaves an empty file behind (measured). */
async function existing(
  worktree: Worktree,
  entries: ReadonlyMap<GitPath, PathEntry>,
): Promise<Map<GitPath, PathEntry>> {
  const infos = await orAbsent(worktree.plumbing.infos([...entries.values()].map(({ oid }) => oid)));
  return new Map([...entries].filter((_, index) => infos[index]?.type === 'blob'));
}

/** git died in the middle: what it wrote last may not be whole. */
async function removeLast(prefix: string, names: readonly GitPath[]): Promise<void> {
  for (const name of [...names].sort().reverse()) {
    const file = Buffer.concat([Buffer.from(prefix), pathBytes(name)]);
    if ((await lstat(file)) !== undefined) {
      await fs.rm(file);
      return;
    }
  }
}

/** What `lstat` said of a path when its content was last compared; undefined when nothing was there. */
export type Sighting = { readonly ino: bigint; readonly size: bigint; readonly mtimeNs: bigint } | undefined;

export async function sight(worktree: Worktree, name: GitPath): Promise<Sighting> {
  const stat = await lstat(onDisk(worktree, name));
  return stat === undefined || stat.isDirectory() ? undefined : stat;
}

/**
 * Puts a staged file in the place of what was seen there. What is there is moved aside first and looked at again: if it
 * is not what was seen, it goes back and the path is left alone, so an edit that comes in between is never overwritten.
 * @returns why the path was left alone, or undefined when it was written.
 */
export async function putFile(
  worktree: Worktree,
  name: GitPath,
  staged: Buffer,
  seen: Sighting,
): Promise<BlockedReason | undefined> {
  const parent = await makeParents(worktree, name);
  if (parent !== undefined) {
    return parent;
  }
  const target = onDisk(worktree, name);
  const aside = await moveAside(target, seen);
  if (typeof aside === 'string') {
    return aside;
  }
  let placed = false;
  try {
    placed = await place(staged, target);
  } finally {
    // Also when the disk is full: what was moved aside must not stay there.
    if (aside !== undefined) {
      if (!placed && (await lstat(target)) === undefined) {
        await fs.rename(aside, target);
      } else {
        await fs.unlink(aside);
      }
    }
  }
  return placed ? undefined : 'changed_meanwhile';
}

/** Removes what was seen at a path, and the folders that this leaves empty. @returns why not, or undefined. */
export async function removeFile(
  worktree: Worktree,
  name: GitPath,
  seen: Sighting,
): Promise<BlockedReason | undefined> {
  if (seen === undefined) {
    return undefined;
  }
  const aside = await moveAside(onDisk(worktree, name), seen);
  if (typeof aside === 'string') {
    return aside;
  }
  if (aside !== undefined) {
    await fs.unlink(aside);
  }
  for (let folder = path.posix.dirname(name); folder !== '.'; folder = path.posix.dirname(folder)) {
    if (!(await removedEmpty(onDisk(worktree, folder)))) {
      break;
    }
  }
  return undefined;
}

/** Moves away what is at the path if it is what was seen. @returns where it is now, nothing, or why not. */
async function moveAside(target: Buffer, seen: Sighting): Promise<Buffer | BlockedReason | undefined> {
  const now = await lstat(target);
  if (now === undefined) {
    return seen === undefined ? undefined : 'changed_meanwhile';
  }
  if (now.isDirectory()) {
    // An empty one is nothing that could be lost; git has none.
    return seen === undefined && (await removedEmpty(target)) ? undefined : 'blocked_by_folder';
  }
  if (!isSame(now, seen)) {
    return 'changed_meanwhile';
  }
  const aside = Buffer.concat([target, Buffer.from(`.belay-${randomUUID().slice(0, 8)}`)]);
  await fs.rename(target, aside);
  const moved = await lstat(aside);
  if (moved === undefined || !isSame(moved, seen)) {
    if ((await lstat(target)) === undefined) {
      await fs.rename(aside, target);
    }
    return 'changed_meanwhile';
  }
  return aside;
}

function isSame(stat: BigIntStats, seen: Sighting): boolean {
  return stat.ino === seen?.ino && stat.size === seen.size && stat.mtimeNs === seen.mtimeNs;
}

/** Makes the staged file appear under the target's name, unless something is there already. */
async function place(staged: Buffer, target: Buffer): Promise<boolean> {
  try {
    const stat = await fs.lstat(staged);
    if (stat.isSymbolicLink()) {
      await fs.symlink(await fs.readlink(staged, 'buffer'), target);
    } else {
      await linkOrCopy(staged, target);
    }
    return true;
  } catch (thrown) {
    if (hasCode(thrown, 'EEXIST')) {
      return false;
    }
    throw thrown;
  }
}

async function linkOrCopy(staged: Buffer, target: Buffer): Promise<void> {
  try {
    await fs.link(staged, target);
  } catch (thrown) {
    if (!hasCode(thrown, 'EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK', 'ENOSYS')) {
      throw thrown;
    }
    await copyWhole(staged, target);
  }
}

/** A copy that is there as a whole or not at all, where the file system can do that: a full disk leaves no half of a file. */
async function copyWhole(staged: Buffer, target: Buffer): Promise<void> {
  const fresh = Buffer.concat([target, Buffer.from(`.belay-${randomUUID().slice(0, 8)}`)]);
  try {
    await fs.copyFile(staged, fresh, constants.COPYFILE_EXCL);
    await fs.link(fresh, target);
  } catch (thrown) {
    if (!hasCode(thrown, 'EPERM', 'ENOTSUP', 'EMLINK', 'ENOSYS')) {
      throw thrown;
    }
    await fs.copyFile(staged, target, constants.COPYFILE_EXCL);
  } finally {
    await fs.rm(fresh, { force: true });
  }
}

/** Makes the folders above a path, never through a link: what lies behind one is not this worktree's. */
async function makeParents(worktree: Worktree, name: GitPath): Promise<BlockedReason | undefined> {
  const parts = name.split('/').slice(0, -1);
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const folder = onDisk(worktree, parts.slice(0, depth).join('/'));
    const stat = await lstat(folder);
    if (stat === undefined) {
      await fs.mkdir(folder).catch((thrown: unknown) => {
        if (!hasCode(thrown, 'EEXIST')) {
          throw thrown;
        }
      });
    } else if (stat.isSymbolicLink()) {
      return 'blocked_by_link';
    } else if (!stat.isDirectory()) {
      return 'blocked_by_folder';
    }
  }
  return undefined;
}

async function removedEmpty(folder: Buffer): Promise<boolean> {
  try {
    await fs.rmdir(folder);
    return true;
  } catch (thrown) {
    if (hasCode(thrown, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EBUSY', 'EPERM')) {
      return false;
    }
    throw thrown;
  }
}

async function lstat(file: Buffer): Promise<BigIntStats | undefined> {
  return fs.lstat(file, { bigint: true }).catch(whenMissing(undefined));
}
