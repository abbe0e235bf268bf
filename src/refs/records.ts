import { formatCommit, formatTrailers, readCommit, readTrailers, type Trailer } from '../git/commit';
import type { Worktree } from '../git/worktree';

/**
 * A record is a commit with an empty tree: its fields are trailers, its parent is the record's earlier version, so that
 * `git log` on its reference is its history. References at anything else than commits break libgit2 clients.
 */
export interface RecordVersion {
  readonly oid: string;
  readonly parents: readonly string[];
  /** Milliseconds since the epoch, by the clock of the machine that wrote it. */
  readonly time: number;
  /** One line for people. */
  readonly subject: string;
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

/** Writes one version of a record and gives its id. No reference names it yet. */
export async function writeRecord(
  worktree: Worktree,
  record: {
    readonly subject: string;
    readonly fields: readonly Trailer[];
    readonly earlier: string | undefined;
    /** A commit of the user's that the record is about, and is to keep reachable: its last parent. */
    readonly holds?: string;
    /** Who writes it. */
    readonly author: string;
    /** Milliseconds since the epoch. */
    readonly time: number;
  },
): Promise<string> {
  const text = formatCommit({
    tree: await worktree.plumbing.writeTree([]),
    parents: [record.earlier, record.holds].filter((parent) => parent !== undefined),
    agent: record.author,
    time: Math.floor(record.time / 1000),
    message: formatTrailers(record.subject, record.fields),
  });
  return worktree.plumbing.writeCommit(text);
}

/** The record that a commit object holds. What its fields mean, and whether they fit, is its reader's matter. */
export function parseRecord(oid: string, content: string): RecordVersion {
  const { parents, time, message } = readCommit(content);
  const { body: words, trailers } = readTrailers(message);
  return { oid, parents, time, subject: words, fields: trailers };
}

/** A record and its earlier versions, newest first, at most so many. */
export async function recordHistory(
  worktree: Worktree,
  oid: string,
  limit: number,
): Promise<RecordVersion[]> {
  const versions: RecordVersion[] = [];
  for (let at: string | undefined = oid; at !== undefined && versions.length < limit;) {
    const version: RecordVersion = parseRecord(
      at,
      (await worktree.plumbing.object(at)).content.toString('utf8'),
    );
    versions.push(version);
    at = version.parents[0];
  }
  return versions;
}
