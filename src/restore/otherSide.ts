import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { foldCase } from './groups';
import type { RestoreAction } from './restoreRequest';

/** The ids of the empty file, by object format: so many files have that content that it tells of no move. */
const emptyBlobs: readonly string[] = [
  'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391',
  '473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813',
];

export function isEmptyBlob(oid: string): boolean {
  return emptyBlobs.includes(oid);
}

/** On a file system that ignores case: the names to be written that stand there under another case, which goes. */
export function otherCases(
  worktree: Worktree,
  paths: readonly { readonly path: GitPath; readonly action: RestoreAction }[],
): GitPath[] {
  if (worktree.config.get('core.ignorecase') !== 'true') {
    return [];
  }
  const going = new Set(paths.flatMap(({ path, action }) => (action === 'delete' ? [foldCase(path)] : [])));
  return paths.flatMap(({ path, action }) => (action === 'write' && going.has(foldCase(path)) ? [path] : []));
}
