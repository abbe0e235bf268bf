import fs from 'node:fs/promises';
import path from 'node:path';
import { onDisk } from '../checkpoint/hash';
import { whenMissing } from '../git/diskErrors';
import { pathBytes, pathFromBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';

/** Where git is to run, and with which environment. */
export interface RenderingPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

const attributes = '.gitattributes';

/**
 * Where git renders files by the attributes that hold once all of them are in place, as it does in a checkout of its own: where
 * these change together with the files that they are for, the worktree's are still the old ones. git reads those of the index
 * where the working folder has none (gitattributes(5)), so it gets one that has those which stay, and leads to the rest: a
 * person's filter may be a program of the worktree's.
 * @param folder A fresh one of Belay's own.
 */
export async function renderingPlace(
  worktree: Worktree,
  folder: string,
  written: readonly GitPath[],
  deleted: readonly GitPath[],
): Promise<RenderingPlace> {
  const changing = new Set([...written, ...deleted].filter((name) => baseOf(name) === attributes));
  if (changing.size === 0) {
    return { cwd: worktree.root, env: {} };
  }
  const cwd = path.join(folder, 'worktree');
  const above = new Set(['', ...written.flatMap(foldersAbove)]);
  for (const inside of [...above].sort()) {
    const to = inside === '' ? Buffer.from(cwd) : below(cwd, inside);
    await fs.mkdir(to, { recursive: true });
    const name = inside === '' ? attributes : `${inside}/${attributes}`;
    if (!changing.has(name)) {
      await fs.copyFile(onDisk(worktree, name), below(cwd, name)).catch(whenMissing(undefined));
    }
  }
  for (const entry of await fs.readdir(Buffer.from(worktree.root), { encoding: 'buffer' })) {
    const name = pathFromBytes(entry);
    if (name !== '.git' && name !== attributes && !above.has(name)) {
      await fs.symlink(onDisk(worktree, name), below(cwd, name));
    }
  }
  return { cwd, env: { GIT_DIR: worktree.gitDir, GIT_WORK_TREE: cwd } };
}

function baseOf(name: GitPath): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function foldersAbove(name: GitPath): GitPath[] {
  return [...name.matchAll(/\//g)].map(({ index }) => name.slice(0, index));
}

function below(folder: string, name: GitPath): Buffer {
  return Buffer.concat([Buffer.from(folder + path.sep), pathBytes(name)]);
}
