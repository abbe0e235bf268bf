import { changesBetween } from '../../checkpoint/changes';
import type { Checkpoint, FileChange } from '../../checkpoint/checkpoint';
import { entriesAt, treeOf } from '../../checkpoint/trees';
import { readTrailers, readCommit } from '../../git/commit';
import { parsePathText, type GitPath } from '../../git/path';
import type { Worktree } from '../../git/worktree';

/** A path that was staged when a checkpoint was taken. */
export interface StagedChange extends FileChange {
  /** Whether the file in the checkpoint is identical to what was staged: then its files have the content, too. */
  readonly inFiles: boolean;
}

/**
 * What a checkpoint says of the index. It *holds a staged state* where the index had entries that HEAD did not have, or had
 * other ones, or lacked some, at that moment, paths in conflict included; else there is none, and nothing to give back.
 *
 * `changes` are exactly the paths whose entry (mode and object) in the index differed from HEAD's: what `git diff --cached` names,
 * without guessing renames, and without what was only intended to be added. Of each, `inFiles` is false where the entry also
 * differs from what the checkpoint holds of the file: that content is in no file, and only the staged state has it.
 */
export interface StagedState {
  /** The tree of the index, without the paths in conflict. */
  readonly tree: string;
  readonly changes: readonly StagedChange[];
  /** Paths that were in conflict: their stages are kept, and only git's own merge can make them again. */
  readonly conflicts: readonly GitPath[];
}

/** The staged state that a checkpoint holds; undefined where the index was as HEAD. @throws GitError `object_missing`. */
export async function readStagedState(
  worktree: Worktree,
  { staged, base, tree }: Pick<Checkpoint, 'staged' | 'base' | 'tree'>,
): Promise<StagedState | undefined> {
  if (staged === undefined) {
    return undefined;
  }
  const { plumbing } = worktree;
  const commit = readCommit((await plumbing.object(staged)).content.toString('utf8'));
  const conflicts = conflictsIn(commit.message);
  const inConflict = new Set(conflicts);
  const head = await treeOrEmpty(worktree, base);
  const changes = (await changesBetween(worktree, head, commit.tree)).filter(
    ({ path }) => !inConflict.has(path),
  );
  const files = await entriesAt(
    plumbing,
    tree,
    changes.map(({ path }) => path),
  );
  return {
    tree: commit.tree,
    changes: changes.map((change) => {
      const file = files.get(change.path);
      return { ...change, inFiles: file?.oid === change.newOid && file?.mode === change.newMode };
    }),
    conflicts,
  };
}

/** The tree of a commit; an empty one where there is no commit yet. */
export async function treeOrEmpty({ plumbing }: Worktree, commit: string | undefined): Promise<string> {
  return commit === undefined ? plumbing.writeTree([]) : treeOf(plumbing, commit);
}

/** `Belay-Unmerged: MODE OBJECT STAGE PATH`, one for each stage (checkpoint/observe.ts). */
function conflictsIn(message: string): GitPath[] {
  const lines = readTrailers(message).trailers.get('Belay-Unmerged') ?? [];
  const paths = lines.map((line) => parsePathText(line.replace(/^\d+ [0-9a-f]+ \d /, '')));
  return [...new Set(paths)];
}
