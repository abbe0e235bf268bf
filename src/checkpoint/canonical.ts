import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { BelayError } from '../errors';
import { whenMissing } from '../git/diskErrors';
import { pathBytes, pathFromBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';

/**
 * The paths as git would name them: relative to the root, without links in their folders.
 * @throws BelayError `invalid_path` for a path outside the worktree or inside its git dir.
 */
export async function canonicalPaths(worktree: Worktree, paths: readonly GitPath[]): Promise<GitPath[]> {
  const root = await realpath(worktree.root);
  const canonical: GitPath[] = [];
  for (const name of paths) {
    const folder = path.posix.dirname(name);
    const real = await realpath(Buffer.concat([Buffer.from(`${root}/`), pathBytes(folder)]), 'buffer').catch(
      whenMissing(undefined),
    );
    const within =
      real === undefined ? path.posix.normalize(name) : inside(root, real, path.posix.basename(name));
    if (
      within === undefined ||
      within.startsWith('../') ||
      within.startsWith('/') ||
      within === '..' ||
      /(^|\/)\.git(\/|$)/i.test(within)
    ) {
      throw new BelayError(
        'invalid_path',
        `The path ${JSON.stringify(name)} is not a file of this worktree.`,
      );
    }
    canonical.push(within);
  }
  return [...new Set(canonical)];
}

function inside(root: string, folder: Buffer, base: string): GitPath | undefined {
  const rootBytes = Buffer.from(root, 'utf8');
  if (folder.equals(rootBytes)) {
    return base;
  }
  const prefix = Buffer.concat([rootBytes, Buffer.from(path.sep)]);
  if (!folder.subarray(0, prefix.length).equals(prefix)) {
    return undefined;
  }
  const relative = pathFromBytes(folder.subarray(prefix.length)).replaceAll(path.sep, '/');
  return `${relative}/${base}`;
}
