import { BelayError } from '../errors';
import { readText } from '../git/porcelain';
import type { Worktree } from '../git/worktree';
import { listRefObjects } from '../refs/listed';
import { isStaleRef, overflowPrefix, shadowPrefix, worktreeOfRef } from '../refs/names';
import { checkpointIn, parseMessage, type ParsedCheckpoint } from './message';
import type { Checkpoint } from './checkpoint';

export interface HistoryQuery {
  /** Only the checkpoints of this worktree; of every worktree where undefined. */
  readonly worktreeKey?: string | undefined;
  readonly session?: string | undefined;
  /** At most so many, newest first. */
  readonly limit?: number | undefined;
  /** Only what came before this checkpoint, for the next page. */
  readonly before?: string | undefined;
}

/** git's separators are NUL; within a commit the fields are on lines of their own and the message comes last. */
const format = '--format=%H%n%T%n%P%n%ct%n%B';

/** The checkpoints, newest first, including those that wait on an overflow ref or were folded in. */
export async function listCheckpoints(worktree: Worktree, query: HistoryQuery = {}): Promise<Checkpoint[]> {
  const limit = query.limit ?? 1_000;
  const found = new Map<string, ParsedCheckpoint>();
  const refs = await chainRefs(worktree, query.worktreeKey);
  for (const ref of refs) {
    const closed = rank(ref) === closedSegment;
    if (closed && query.worktreeKey !== undefined && found.size > limit && query.before === undefined) {
      break;
    }
    for (const checkpoint of await walk(
      worktree,
      ref.oid,
      query.before === undefined ? limit : undefined,
      query.session,
      found,
    )) {
      found.set(checkpoint.oid, checkpoint);
    }
  }
  const all = [...found.values()]
    .filter((checkpoint) => query.session === undefined || checkpoint.session === query.session)
    .sort(newestFirst);
  const from = query.before === undefined ? 0 : all.findIndex(({ oid }) => oid === query.before) + 1;
  return all.slice(from, from + limit);
}

/** By time; within one second by segment, by place in it, and by step for those that landed beside the chain. */
function newestFirst(a: ParsedCheckpoint, b: ParsedCheckpoint): number {
  const segments = a.segment === b.segment ? 0 : a.segment < b.segment ? 1 : -1;
  return b.time - a.time || segments || b.segmentPosition - a.segmentPosition || b.step - a.step;
}

interface ChainRef {
  readonly name: string;
  readonly oid: string;
}

const closedSegment = 2;

/** What waits and what is current first: only what is in closed segments is surely older than what was found already. */
function rank({ name }: ChainRef): number {
  if (name.startsWith(overflowPrefix)) {
    return 0;
  }
  return name.endsWith('/current') ? 1 : closedSegment;
}

/** The refs that checkpoints hang on: the waiting, then the current segments, then the closed ones, newest first. */
async function chainRefs(worktree: Worktree, key: string | undefined): Promise<ChainRef[]> {
  const text = await worktree.git.text({
    args: [
      'for-each-ref',
      '--sort=-refname',
      '--format=%(objectname) %(refname)',
      shadowPrefix,
      overflowPrefix,
    ],
    cwd: worktree.root,
  });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ oid: line.slice(0, line.indexOf(' ')), name: line.slice(line.indexOf(' ') + 1) }))
    .filter(({ name }) => !isStaleRef(name) && (key === undefined || worktreeOfRef(name) === key))
    .sort((a, b) => rank(a) - rank(b));
}

/** Walks one segment along its first parents, and whatever was folded into it. */
async function walk(
  worktree: Worktree,
  tip: string,
  limit: number | undefined,
  session: string | undefined,
  known: ReadonlyMap<string, ParsedCheckpoint>,
): Promise<ParsedCheckpoint[]> {
  const found: ParsedCheckpoint[] = [];
  const queue = [tip];
  const seen = new Set(known.keys());
  for (let start = queue.shift(); start !== undefined; start = queue.shift()) {
    if (seen.has(start)) {
      continue;
    }
    for (const checkpoint of await segmentFrom(worktree, start, limit, session)) {
      if (seen.has(checkpoint.oid)) {
        break;
      }
      seen.add(checkpoint.oid);
      found.push(checkpoint);
      queue.push(...checkpoint.folded);
    }
  }
  return found;
}

async function segmentFrom(
  worktree: Worktree,
  start: string,
  limit: number | undefined,
  session: string | undefined,
): Promise<ParsedCheckpoint[]> {
  const [first] = await worktree.plumbing.objects([start]);
  if (first?.type !== 'commit') {
    // Another program's, or gone: the doctor names the reference. The others are listed all the same.
    return [];
  }
  const newest = checkpointIn(first);
  const base = newest?.segmentBase;
  const text = await readText(
    { binary: worktree.git.binary, timeLimit: worktree.git.timeLimit },
    worktree.root,
    [
      'log',
      '-z',
      '--first-parent',
      '--encoding=UTF-8',
      '--no-show-signature',
      format,
      // git filters faster than we could. A longer session id, or a line of the person's own words, matches as well and is
      // sorted out below, so git must not count.
      ...(limit === undefined || session !== undefined ? [] : [`--max-count=${limit + 1}`]),
      ...(session === undefined ? [] : ['--fixed-strings', `--grep=Belay-Session: ${session}`]),
      start,
      ...(base === undefined ? [] : [`^${base}`]),
      '--',
    ],
  );
  const checkpoints: ParsedCheckpoint[] = [];
  for (const entry of text.split('\0').filter((part) => part !== '')) {
    const [oid = '', tree = '', parents = '', time = '0', ...message] = entry.split('\n');
    const checkpoint = parseMessage({
      oid,
      tree,
      parents: parents.split(' ').filter((parent) => parent !== ''),
      time: Number(time) * 1000,
      message: message.join('\n'),
    });
    if (checkpoint !== undefined && (session === undefined || checkpoint.session === session)) {
      checkpoints.push(checkpoint);
    }
    if (checkpoint?.opensSegment === true) {
      break;
    }
  }
  return checkpoints;
}

/**
 * The checkpoint of that name: a whole or abbreviated id, or a ref.
 * @throws BelayError `unknown_checkpoint` when there is none, or what is there is not a checkpoint.
 */
export async function readCheckpoint(worktree: Worktree, name: string): Promise<Checkpoint> {
  if (!/^(?:refs\/belay\/\S+|[0-9a-f]{4,64})$/.test(name)) {
    throw new BelayError('unknown_checkpoint', `${JSON.stringify(name)} is not the id of a checkpoint.`);
  }
  const [object] = await worktree.plumbing.objects([name]);
  const checkpoint = checkpointIn(object);
  if (checkpoint === undefined) {
    throw new BelayError('unknown_checkpoint', `${name} is not a checkpoint of this repository.`);
  }
  return checkpoint;
}

/** The newest checkpoint of a worktree; undefined before its first. */
export async function latestCheckpoint(worktree: Worktree, key: string): Promise<Checkpoint | undefined> {
  const [latest] = await listCheckpoints(worktree, { worktreeKey: key, limit: 1 });
  return latest;
}

/**
 * The commits of refs, as checkpoints; what is not one is left out. A ref that cannot be read does not hide the others:
 * it is named to `unreadable`.
 */
export async function checkpointsAt(
  worktree: Worktree,
  prefix: string,
  unreadable: (ref: string) => void = () => undefined,
): Promise<Map<string, Checkpoint>> {
  const found = new Map<string, Checkpoint>();
  for (const { ref: name, object } of await listRefObjects(worktree, [prefix])) {
    if (object === undefined) {
      unreadable(name);
      continue;
    }
    const checkpoint = checkpointIn(object);
    if (checkpoint !== undefined) {
      found.set(name, checkpoint);
    }
  }
  return found;
}
