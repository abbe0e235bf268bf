import { lstat } from 'node:fs/promises';
import { onDisk } from '../../checkpoint/hash';
import type { PathEntry } from '../../checkpoint/trees';
import { whenMissing } from '../../git/diskErrors';
import { pathBytes, type GitPath } from '../../git/path';
import type { Worktree } from '../../git/worktree';
import type { IndexEntry, Listing } from './listing';

/** What paths are to hold in an index; undefined takes a path out. */
export type IndexEdits = ReadonlyMap<GitPath, (PathEntry & Partial<IndexEntry>) | undefined>;

/**
 * Puts entries into an index that is nobody's yet. What the user told git of a path (`--assume-unchanged`, `--skip-worktree`)
 * stands also for its new entry, unless that one says otherwise itself. Edits must not collide: see {@link ./collisions}.
 */
export async function editIndex(
  worktree: Worktree,
  file: string,
  listing: Listing,
  edits: IndexEdits,
): Promise<void> {
  const { zeroOid } = worktree.repository;
  const removed: string[] = [];
  const added: string[] = [];
  const marks = { assumedUnchanged: new Array<GitPath>(), skipped: new Array<GitPath>() };
  const intended: GitPath[] = [];
  for (const [name, entry] of edits) {
    if (entry === undefined || entry.intended === true) {
      removed.push(`0 ${zeroOid}\t${name}\0`);
      if (entry !== undefined && (await isThere(worktree, name))) {
        intended.push(name);
      }
      continue;
    }
    added.push(`${entry.mode} ${entry.oid}\t${name}\0`);
    const now = listing.entries.get(name);
    if (entry.assumedUnchanged ?? now?.assumedUnchanged === true) {
      marks.assumedUnchanged.push(name);
    }
    if (entry.skipped ?? now?.skipped === true) {
      marks.skipped.push(name);
    }
  }
  const run = async (args: readonly string[], input: Buffer): Promise<void> => {
    await worktree.git.run({ args, cwd: worktree.root, env: { GIT_INDEX_FILE: file }, input });
  };
  // Removals first: a file may take the place of a folder.
  await run(['update-index', '-z', '--index-info'], Buffer.from([...removed, ...added].join(''), 'latin1'));
  for (const [option, names] of [
    ['--assume-unchanged', marks.assumedUnchanged],
    ['--skip-worktree', marks.skipped],
  ] as const) {
    if (names.length > 0) {
      await run(['update-index', option, '-z', '--stdin'], joined(names));
    }
  }
  if (intended.length > 0) {
    const args = ['add', '--intent-to-add', '--force', '--pathspec-from-file=-', '--pathspec-file-nul'];
    await run(['--literal-pathspecs', ...args], joined(intended));
  }
}

/** The tree that an index stands for; what is only intended to be added is not in it. */
export function treeOfIndex(worktree: Worktree, file: string): Promise<string> {
  return worktree.git.text({ args: ['write-tree'], cwd: worktree.root, env: { GIT_INDEX_FILE: file } });
}

function joined(names: readonly GitPath[]): Buffer {
  return Buffer.concat(names.flatMap((name) => [pathBytes(name), Buffer.from([0])]));
}

function isThere(worktree: Worktree, name: GitPath): Promise<boolean> {
  return lstat(onDisk(worktree, name)).then(() => true, whenMissing(false));
}
