import type { Worktree } from '../git/worktree';
import { keptRef } from '../refs/names';
import { readKept, recall, seenPrefix, type Change, type Kept } from './kept';
import { settleLook } from './look';

/** The names that the chain has for where an upstream branch was seen: first, last, and before it was rewritten. They are bytes. */
const names = {
  first: (ref: string): string => `${seenPrefix}first/${ref}`,
  last: (ref: string): string => `${seenPrefix}last/${ref}`,
  left: (ref: string, oid: string): string => `${seenPrefix}left/${oid}/${ref}`,
};

/**
 * Puts down where an upstream branch was seen, the oldest first. The chain holds the commits: what a rewritten branch has left
 * can be walked while someone's branch may still be based on it, also when git's own log of it is switched off, or has expired.
 * Nothing is written for what is put down already.
 * @param isForward whether the newer of two commits holds all that the older one does.
 * @returns all that was ever put down, in no order.
 * @throws GitError; BelayError `backup_failed` when the chain cannot be written.
 */
export async function keepSeen(
  worktree: Worktree,
  branch: string,
  tips: readonly string[],
  isForward: (older: string, newer: string) => Promise<boolean>,
): Promise<string[]> {
  const ref = Buffer.from(branch, 'utf8').toString('latin1');
  return settleLook(
    worktree,
    async () => ({ kept: await read(worktree) }),
    async ({ kept }) => {
      const changes: Change[] = [];
      const put = (name: string, oid: string): number => changes.push({ name, to: { oid, commit: oid } });
      let last = kept.names.get(names.last(ref))?.oid;
      for (const tip of tips) {
        if (tip === last) {
          continue;
        }
        if (last === undefined) {
          put(names.first(ref), tip);
        } else if (!(await isForward(last, tip))) {
          put(names.left(ref, last), last);
        }
        put(names.last(ref), tip);
        last = tip;
      }
      const seen = new Set([...seenIn(kept, ref), ...changes.flatMap(({ to }) => to?.oid ?? [])]);
      return { changes, others: [], result: [...seen] };
    },
  );
}

async function read(worktree: Worktree): Promise<Kept> {
  const [at] = await worktree.plumbing.infos([keptRef]);
  return readKept(worktree, at?.oid, await recall(worktree));
}

function seenIn(kept: Kept, ref: string): string[] {
  return [...kept.names].flatMap(([name, { oid }]) =>
    name === names.first(ref) || name === names.last(ref) || name === names.left(ref, oid) ? [oid] : [],
  );
}
