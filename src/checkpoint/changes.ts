import { pathFromBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import type { ChangeKind, Checkpoint, FileChange } from './checkpoint';

/** What a checkpoint changed: its tree against its first parent's (against nothing for the very first). */
export async function changesOf(worktree: Worktree, checkpoint: Checkpoint): Promise<FileChange[]> {
  return changesBetween(worktree, await previousTreeish(worktree, checkpoint), checkpoint.tree);
}

/** What a checkpoint's diff is taken against: its first parent, or the empty tree. */
export async function previousTreeish(worktree: Worktree, checkpoint: Checkpoint): Promise<string> {
  return checkpoint.parents[0] ?? (await worktree.plumbing.writeTree([]));
}

/** The paths in which two trees (or the trees of two commits) differ, ordered by path. Renames are not guessed. */
export async function changesBetween(worktree: Worktree, from: string, to: string): Promise<FileChange[]> {
  const { stdout } = await worktree.git.run({
    args: ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', from, to, '--'],
    cwd: worktree.root,
  });
  return parseRaw(stdout);
}

/** What a commit changed against its first parent; a root commit against nothing. */
export async function changesOfCommit(worktree: Worktree, oid: string): Promise<FileChange[]> {
  const { stdout } = await worktree.git.run({
    args: [
      ...['diff-tree', '--root', '--no-commit-id', '-r', '-z', '--raw', '--no-renames', '--no-abbrev'],
      ...['--diff-merges=first-parent', oid, '--'],
    ],
    cwd: worktree.root,
  });
  return parseRaw(stdout);
}

/** Reads `git diff-tree --raw -z` (git-diff-tree(1), "Raw output format"). */
export function parseRaw(output: Buffer): FileChange[] {
  const changes: FileChange[] = [];
  const fields = pathFromBytes(output).split('\0');
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const match = /^:(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) ([AMDT])/.exec(fields[at] ?? '');
    const path: GitPath = fields[at + 1] ?? '';
    if (match === null) {
      continue;
    }
    const [, oldMode = '', newMode = '', oldOid = '', newOid = '', letter = ''] = match;
    changes.push({
      path,
      kind: kinds.get(letter) ?? 'modified',
      oldOid: isAbsent(oldOid) ? undefined : oldOid,
      newOid: isAbsent(newOid) ? undefined : newOid,
      oldMode: isAbsent(oldMode) ? undefined : oldMode,
      newMode: isAbsent(newMode) ? undefined : newMode,
    });
  }
  return changes;
}

const kinds = new Map<string, ChangeKind>([
  ['A', 'added'],
  ['M', 'modified'],
  ['D', 'deleted'],
  ['T', 'type_changed'],
]);

function isAbsent(text: string): boolean {
  return /^0+$/.test(text);
}

/** The content of a file as git stores it. @throws GitError `object_missing`. */
export async function readBlob(worktree: Worktree, oid: string): Promise<Buffer> {
  return (await worktree.plumbing.object(oid)).content;
}
