import { pathText } from '../git/path';
import type { MovedAway } from '../ledger';

/** A line for each path whose old content is not at its name: where it is. None is left out. */
export function movedLines(moved: readonly MovedAway[]): string[] {
  return moved.map(({ path, checkpoint, as }) =>
    as === undefined
      ? `${pathText(path)}: what was there is in checkpoint ${checkpoint ?? '?'}`
      : `${pathText(path)}: kept as ${pathText(as)}`,
  );
}
