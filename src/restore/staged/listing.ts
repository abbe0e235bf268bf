import type { PathEntry } from '../../checkpoint/trees';
import { pathFromBytes, type GitPath } from '../../git/path';
import type { Worktree } from '../../git/worktree';

/** One entry of an index, with what the user told git of it. */
export interface IndexEntry extends PathEntry {
  /** `git add --intent-to-add`: it has no content yet. */
  readonly intended: boolean;
  readonly assumedUnchanged: boolean;
  readonly skipped: boolean;
}

export interface Listing {
  /** The entries that are in no conflict. A sparse index is listed as if it were a full one. */
  readonly entries: ReadonlyMap<GitPath, IndexEntry>;
  readonly unmerged: ReadonlySet<GitPath>;
}

/** The flag of an entry that is only intended to be added (`CE_INTENT_TO_ADD` in git's read-cache.h). */
const intentToAdd = 0x2000_0000;

/** One entry as `ls-files -s -v --debug -z` prints it: the entry and its path, then what `stat` said, and the flags. */
const described = /^([A-Za-z?]) (\d{6}) ([0-9a-f]+) ([0-3])\t/;
const flagged = /^(?: {2}[^\n]*\n){4} {2}size: \d+\tflags: ([0-9a-f]+)\n/;

/** Lists an index file; one that is not there is an empty index. */
export async function listIndex(worktree: Worktree, file: string): Promise<Listing> {
  const { stdout } = await worktree.git.run({
    args: ['ls-files', '-s', '-v', '--debug', '-z'],
    cwd: worktree.root,
    env: { GIT_INDEX_FILE: file },
  });
  const entries = new Map<GitPath, IndexEntry>();
  const unmerged = new Set<GitPath>();
  const text = pathFromBytes(stdout);
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\0', at);
    const entry = described.exec(text.slice(at, Math.min(end, at + 100)));
    const flags = flagged.exec(text.slice(end + 1, end + 400));
    if (end < 0 || entry === null || flags === null) {
      throw new Error(
        `git lists an index in a form that is not known: ${JSON.stringify(text.slice(at, at + 200))}`,
      );
    }
    const [head, tag = '', mode = '', oid = '', stage] = entry;
    const name = text.slice(at + head.length, end);
    if (stage === '0') {
      entries.set(name, {
        mode,
        oid,
        intended: (Number.parseInt(flags[1] ?? '0', 16) & intentToAdd) !== 0,
        assumedUnchanged: tag !== tag.toUpperCase(),
        skipped: tag.toUpperCase() === 'S',
      });
    } else {
      unmerged.add(name);
    }
    at = end + 1 + flags[0].length;
  }
  return { entries, unmerged };
}

/** Whether two entries say the same, what the user told git of them included. */
export function isSameEntry(one: IndexEntry | undefined, other: IndexEntry | undefined): boolean {
  return (
    one?.mode === other?.mode &&
    one?.oid === other?.oid &&
    one?.intended === other?.intended &&
    one?.assumedUnchanged === other?.assumedUnchanged &&
    one?.skipped === other?.skipped
  );
}

/** The paths whose entries differ between two indexes. */
export function differingPaths(one: Listing, other: Listing): GitPath[] {
  const names = new Set([...one.entries.keys(), ...other.entries.keys()]);
  return [...names].filter((name) => !isSameEntry(one.entries.get(name), other.entries.get(name)));
}
