import { BelayError } from '../errors';
import type { GitPath } from '../git/path';
import { listPaths } from '../sync/syncPlan';

/** What a worktree has that no checkpoint can hold, all of it; the message names some. */
export class NotCovered extends BelayError {
  constructor(readonly names: readonly GitPath[]) {
    super('not_covered', `No checkpoint can hold ${listPaths(names)}.`);
  }
}
