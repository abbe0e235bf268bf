import fs from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { whenMissing, whenRefused } from '../git/diskErrors';
import { pathBytes, pathFromBytes, type GitPath } from '../git/path';
import { openForWriting } from './openFiles';
import { removeEmptyBelow } from './place';
import { isSame, lstat } from './statSnapshot';

/** What was there below a folder, by its path in it. */
export type Inventory = ReadonlyMap<GitPath, BigIntStats>;

/** Everything below a folder but the folders in it. */
export async function inventory(folder: string): Promise<Inventory> {
  const found = new Map<GitPath, BigIntStats>();
  await walk(Buffer.from(folder), '', (name, stat) => {
    found.set(name, stat);
    return Promise.resolve();
  });
  return found;
}

/** Whether two inventories show the same files, unchanged. */
export function isUnchanged(before: Inventory, now: Inventory): boolean {
  return before.size === now.size && [...now].every(([name, stat]) => isAsSeen(stat, before.get(name)));
}

/**
 * Deletes a folder, file by file: only what is unchanged since an inventory that was made before its content was saved, and that
 * no process has open for writing.
 * @param discard What may be deleted whatever became of it.
 * @returns what is left, with the folders above.
 */
export async function deleteSaved(
  folder: string,
  saved: Inventory,
  discard: (name: GitPath) => boolean,
): Promise<GitPath[]> {
  const root = Buffer.from(folder);
  const left: GitPath[] = [];
  const files = [...saved.keys()].map((name) => below(root, name));
  const busy = await openForWriting(files);
  await walk(root, '', async (name, stat) => {
    const file = below(root, name);
    const isSaved = isAsSeen(stat, saved.get(name)) && !busy.has(file.toString('latin1'));
    if (isSaved || discard(name)) {
      await fs.unlink(file).catch(whenMissing(undefined));
    } else {
      left.push(name);
    }
  });
  await removeEmptyBelow(root);
  return left;
}

function isAsSeen(stat: BigIntStats, seen: BigIntStats | undefined): boolean {
  return seen !== undefined && isSame(stat, seen) && stat.ctimeNs === seen.ctimeNs;
}

async function walk(
  folder: Buffer,
  prefix: GitPath,
  visit: (name: GitPath, stat: BigIntStats) => Promise<void>,
): Promise<void> {
  for (const bytes of await fs.readdir(folder, { encoding: 'buffer' }).catch(whenRefused([]))) {
    const name = prefix + pathFromBytes(bytes);
    const file = below(folder, pathFromBytes(bytes));
    const stat = await lstat(file);
    if (stat?.isDirectory() === true) {
      await walk(file, `${name}/`, visit);
    } else if (stat !== undefined) {
      await visit(name, stat);
    }
  }
}

function below(folder: Buffer, name: GitPath): Buffer {
  return Buffer.concat([folder, Buffer.from('/'), pathBytes(name)]);
}
