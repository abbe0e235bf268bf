import path from 'node:path';
import { BelayError } from '../../errors';
import { copyIndexTo, readIndexFile, userIndexPath, type IndexFile } from '../../git/indexFile';
import { makeScratch, type Scratch } from '../../git/own';
import { somePaths } from '../../git/path';
import { readOperation } from '../../git/head';
import type { Worktree } from '../../git/worktree';
import { editIndex, type IndexEdits } from './edit';
import { listIndex, type Listing } from './listing';

/** How many paths in conflict a refusal names. */
const namedPaths = 10;

/** A copy of the user's index at one moment, which git can read and edit unseen by others. */
export class IndexCopy {
  private constructor(
    private readonly worktree: Worktree,
    private readonly scratch: Scratch,
    /** The user's index, byte for byte. */
    readonly original: IndexFile,
    /** Its copy. */
    readonly file: string,
    readonly listing: Listing,
  ) {}

  /** @throws BelayError `operation_under_way`, `index_in_conflict`. */
  static async open(worktree: Worktree): Promise<IndexCopy> {
    await refuseOperation(worktree);
    const original = await readIndexFile(userIndexPath(worktree));
    const scratch = await makeScratch(worktree.repository, 'staged');
    try {
      const file = path.join(scratch.folder, 'index');
      await copyIndexTo(original, file);
      const listing = await listIndex(worktree, file);
      if (listing.unmerged.size > 0) {
        const names = somePaths([...listing.unmerged], namedPaths);
        throw new BelayError('index_in_conflict', `Paths are in conflict in the index: ${names}.`);
      }
      return new IndexCopy(worktree, scratch, original, file, listing);
    } catch (thrown) {
      await scratch.remove();
      throw thrown;
    }
  }

  /** What the index becomes with the edits. */
  async edited(edits: IndexEdits): Promise<IndexFile> {
    const file = path.join(this.scratch.folder, 'edited');
    await copyIndexTo(this.original, file);
    await editIndex(this.worktree, file, this.listing, edits);
    return readIndexFile(file);
  }

  /** Lists another index. */
  async list(index: IndexFile): Promise<Listing> {
    const file = path.join(this.scratch.folder, 'other');
    if (index.content === undefined) {
      return { entries: new Map(), unmerged: new Set() };
    }
    await copyIndexTo(index, file);
    return listIndex(this.worktree, file);
  }

  close(): Promise<void> {
    return this.scratch.remove();
  }
}

/**
 * During a merge, rebase, cherry-pick or revert the index is where git keeps how far it got. A bisect keeps nothing there.
 * @throws BelayError `operation_under_way`.
 */
export async function refuseOperation(worktree: Worktree): Promise<void> {
  const operation = await readOperation(worktree);
  if (operation !== undefined && operation !== 'bisect') {
    throw new BelayError(
      'operation_under_way',
      `A ${operation} is under way in this worktree, and the index is where git keeps how far it got.`,
    );
  }
}
