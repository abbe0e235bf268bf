import { sessionRows } from '../../rows/sessionNodes';
import { Tree } from '../../rows/tree';

/** Sessions, newest first, with their checkpoints, and these with the files that they changed. Ended ones come last, in one row. */
export class SessionsTree extends Tree {
  protected override readonly childrenOf = sessionRows;
}
