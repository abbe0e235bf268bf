import * as v from 'valibot';
import { formatTrailers, readCommit, readTrailers, type CommitText, type Trailer } from '../git/commit';
import type { StoredObject } from '../git/plumbing';
import { parsePathText, pathText } from '../git/path';
import { uncoveredReasons, type Checkpoint, type Uncovered } from './checkpoint';

/** How many paths of one kind a message names; the rest is counted. */
export const namedPaths = 500;

const uncoveredReason = v.picklist(uncoveredReasons);

const oid = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/));

const whole = v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number));

/** What makes a commit a checkpoint. Anything else in the chain is a foreign commit and is passed over. */
const record = v.object({
  session: v.pipe(v.string(), v.minLength(1)),
  agent: v.pipe(v.string(), v.minLength(1)),
  step: v.pipe(whole, v.minValue(1)),
  base: v.union([v.literal('unborn'), oid]),
  mode: v.picklist(['whole', 'paths']),
  worktree: v.pipe(v.string(), v.minLength(1)),
  worktreeBorn: v.undefinedable(v.pipe(v.string(), v.regex(/^\d+$/))),
  segment: v.pipe(v.string(), v.regex(/^\d+ (?:unborn|[0-9a-f]{40,64}) \d+$/)),
  branch: v.undefinedable(v.string()),
  operation: v.undefinedable(v.string()),
  tool: v.undefinedable(v.string()),
  task: v.undefinedable(v.string()),
  index: v.undefinedable(oid),
  indexFile: v.undefinedable(oid),
  rules: v.undefinedable(oid),
  restoring: v.undefinedable(oid),
  restoredFrom: v.undefinedable(oid),
  stale: v.undefinedable(v.picklist(['lease_lost', 'lease_required', 'lease_unreadable'])),
});

/** What a new checkpoint's message is made of. */
export type CheckpointRecord = Omit<Checkpoint, 'oid' | 'tree' | 'parents' | 'time' | 'opensSegment'> & {
  /** The commit that the segment grew from; undefined on an unborn branch. */
  readonly segmentBase: string | undefined;
  /** 1 for the segment's first checkpoint, and so on. */
  readonly segmentPosition: number;
};

/** The commit message of a checkpoint: the person's words, then one block of trailers. */
export function formatMessage(record: CheckpointRecord): string {
  const uncovered = record.uncovered.slice(0, namedPaths);
  const uncoveredMore = record.uncoveredMore + record.uncovered.length - uncovered.length;
  const paths = record.paths.slice(0, namedPaths);
  const trailers: Trailer[] = [
    ['Belay-Session', record.session],
    ['Belay-Agent', record.agent],
    ['Belay-Step', String(record.step)],
    ['Belay-Base', record.base ?? 'unborn'],
    ['Belay-Mode', record.mode],
    ['Belay-Worktree', record.worktree],
    ['Belay-Worktree-Born', record.worktreeBorn],
    ['Belay-Segment', `${record.segment} ${record.segmentBase ?? 'unborn'} ${record.segmentPosition}`],
    ['Belay-Branch', record.branch],
    ['Belay-Operation', record.operation],
    ['Belay-Tool', record.tool],
    ['Belay-Task', record.task],
    ['Belay-Index', record.staged],
    ['Belay-Index-File', record.indexFile],
    ['Belay-Rules', record.rules],
    ...record.folded.map((folded): Trailer => ['Belay-Folded', folded]),
    ['Belay-Restoring', record.restoring],
    ['Belay-Restored-From', record.restoredFrom],
    ['Belay-Stale', record.stale],
    ...paths.map((path): Trailer => ['Belay-Path', pathText(path)]),
    ['Belay-Path-More', more(record.paths.length - paths.length)],
    ...uncovered.map(({ path, reason }): Trailer => ['Belay-Uncovered', `${reason} ${pathText(path)}`]),
    ['Belay-Uncovered-More', more(uncoveredMore)],
  ];
  return formatTrailers(record.message, trailers);
}

function more(count: number): string | undefined {
  return count > 0 ? String(count) : undefined;
}

export interface ParsedCheckpoint extends Checkpoint {
  readonly segmentBase: string | undefined;
  readonly segmentPosition: number;
}

/** The checkpoint that a commit object holds; undefined when the commit is not one. */
export function parseCommit(oid: string, content: string): ParsedCheckpoint | undefined {
  return parseMessage({ oid, ...readCommit(content) });
}

/** The checkpoint that an object is; undefined for a tree, a blob or a tag, whatever it reads like, and for any other commit. */
export function checkpointIn(object: StoredObject | undefined): ParsedCheckpoint | undefined {
  return object?.type === 'commit' ? parseCommit(object.oid, object.content.toString('utf8')) : undefined;
}

/** As {@link parseCommit}, from the parts that `git log` prints. */
export function parseMessage(commit: CommitText & { readonly oid: string }): ParsedCheckpoint | undefined {
  const { body: words, trailers } = readTrailers(commit.message);
  const one = (name: string): string | undefined => trailers.get(name)?.[0];
  const result = v.safeParse(record, {
    session: one('Belay-Session'),
    agent: one('Belay-Agent'),
    step: one('Belay-Step'),
    base: one('Belay-Base'),
    mode: one('Belay-Mode'),
    worktree: one('Belay-Worktree'),
    worktreeBorn: one('Belay-Worktree-Born'),
    segment: one('Belay-Segment'),
    branch: one('Belay-Branch'),
    operation: one('Belay-Operation'),
    tool: one('Belay-Tool'),
    task: one('Belay-Task'),
    index: one('Belay-Index'),
    indexFile: one('Belay-Index-File'),
    rules: one('Belay-Rules'),
    restoring: one('Belay-Restoring'),
    restoredFrom: one('Belay-Restored-From'),
    stale: one('Belay-Stale'),
  });
  if (!result.success) {
    return undefined;
  }
  const { index, ...found } = result.output;
  const [segment = '', segmentBase = '', position = '0'] = found.segment.split(' ');
  return {
    ...found,
    oid: commit.oid,
    tree: commit.tree,
    parents: commit.parents,
    time: commit.time,
    message: words,
    base: found.base === 'unborn' ? undefined : found.base,
    segment,
    segmentBase: segmentBase === 'unborn' ? undefined : segmentBase,
    segmentPosition: Number(position),
    opensSegment: position === '1',
    paths: (trailers.get('Belay-Path') ?? []).map(parsePathText),
    uncovered: (trailers.get('Belay-Uncovered') ?? []).flatMap(parseUncovered),
    uncoveredMore: Number(one('Belay-Uncovered-More') ?? 0),
    staged: index,
    folded: trailers.get('Belay-Folded') ?? [],
  };
}

function parseUncovered(value: string): Uncovered[] {
  const space = value.indexOf(' ');
  const reason = v.safeParse(uncoveredReason, value.slice(0, space));
  return reason.success ? [{ reason: reason.output, path: parsePathText(value.slice(space + 1)) }] : [];
}
