import type { Worktree } from '../git/worktree';
import {
  isStaleRef,
  overflowPrefix,
  sessionPrefix,
  sessionRef,
  shadowPrefix,
  shadowRef,
  worktreeOfRef,
} from '../refs/names';
import { BelayError } from '../errors';
import type { StoredObject } from '../git/plumbing';
import { saysRef, setAside } from '../refs/foreign';
import { listRefObjects } from '../refs/listed';
import { newestAcknowledged } from './acknowledged';
import { listCheckpoints } from './history';
import { checkpointIn, type ParsedCheckpoint } from './message';
import type { Checkpoint } from './checkpoint';

/** How far back from a foreign commit the chain is looked for. */
const foreignLimit = 50;
/** How often what is none of Belay's is taken out of the way before the work goes on beside it. */
const settlings = 5;
/** How many checkpoints back a session's own is looked for before git is asked. */
const nearby = 64;

/** Where the shadow branch ends: at its newest checkpoint. What another program has put on top of that is not Belay's. */
export interface Tip {
  readonly oid: string;
  readonly tree: string;
  readonly last: ParsedCheckpoint;
}

/** A reference of Belay's that names what is no record of its kind, and what it is to name instead, where that is known. */
export interface Misused {
  readonly ref: string;
  readonly to: string | undefined;
}

/** A checkpoint that landed beside the chain and waits to be folded in. */
export interface OverflowCheckpoint {
  readonly ref: string;
  readonly checkpoint: ParsedCheckpoint;
}

/** What a writer builds on: read before it captures, compared when it publishes. */
export interface ChainTips {
  readonly tip: Tip | undefined;
  /** The latest checkpoint that the session's own ref names. */
  readonly head: ParsedCheckpoint | undefined;
  /** Which of the two references name something else: nothing is built on that. */
  readonly misused: readonly Misused[];
}

export interface Chain extends ChainTips {
  /** The waiting checkpoints of all worktrees, oldest first. */
  readonly waiting: readonly OverflowCheckpoint[];
  /** Further checkpoints that tell a session's latest step: the tips of all worktrees, or the session's whole history. */
  readonly others: readonly Checkpoint[];
}

/**
 * Reads where the shadow branch and the session stand, and changes nothing.
 * @throws BelayError `session_collision` when the session's ref is that of a session whose id differs in case only.
 */
export async function readTips(worktree: Worktree, session: string): Promise<ChainTips> {
  const [shadow, own] = [shadowRef(worktree.key), sessionRef(session)];
  const [tipObject, headObject] = await worktree.plumbing.objects([shadow, own]);
  const head = checkpointIn(headObject);
  if (
    head !== undefined &&
    head.session !== session &&
    sessionRef(head.session).toLowerCase() === own.toLowerCase()
  ) {
    throw new BelayError(
      'session_collision',
      `The reference of session ${session} names a checkpoint of another session.`,
    );
  }
  const isHead = head?.session === session && head.stale === undefined;
  const last = tipObject && (await lastAt(worktree, worktree.key, tipObject));
  const misused: Misused[] = [];
  if (tipObject !== undefined && last?.oid !== tipObject.oid) {
    misused.push({ ref: shadow, to: last?.oid });
  }
  if (headObject !== undefined && !isHead) {
    misused.push({ ref: own, to: undefined });
  }
  return {
    tip: last && { oid: last.oid, tree: last.tree, last },
    head: isHead ? head : undefined,
    misused,
  };
}

/**
 * As {@link readTips}, for a writer: what is none of Belay's is set aside first, and the references name the newest checkpoints
 * that are known. One that is there but leads to nothing is none of Belay's, too.
 */
export async function settleTips(worktree: Worktree, session: string): Promise<ChainTips> {
  for (let settled = 0; ; settled += 1) {
    const ends = await readTips(worktree, session);
    const misused = [...ends.misused, ...(await leadingNowhere(worktree, ends, session))];
    if (misused.length === 0 || settled >= settlings) {
      return ends;
    }
    let changed = false;
    for (const { ref, to } of misused) {
      changed = (await setAside(worktree, ref, to ?? (await newestFor(worktree, ref, session)))) || changed;
    }
    if (!changed) {
      return ends;
    }
  }
}

/** The references that are there according to the disk, and lead to others that are not there: git says nothing of them. */
async function leadingNowhere(
  worktree: Worktree,
  { tip, head }: ChainTips,
  session: string,
): Promise<Misused[]> {
  const absent = [
    ...(tip === undefined ? [shadowRef(worktree.key)] : []),
    ...(head === undefined ? [sessionRef(session)] : []),
  ];
  const misused: Misused[] = [];
  for (const ref of absent) {
    const isExpected = async (): Promise<boolean> => (await newestFor(worktree, ref, session)) !== undefined;
    if (await saysRef(worktree, ref, isExpected)) {
      misused.push({ ref, to: undefined });
    }
  }
  return misused;
}

/** What a reference is to name that names something else: the last acknowledged checkpoint, or the session's latest. */
export async function newestFor(
  worktree: Worktree,
  ref: string,
  session: string,
): Promise<string | undefined> {
  if (ref === shadowRef(worktree.key)) {
    return newestAcknowledged(worktree, worktree.key);
  }
  return ref === sessionRef(session) ? latestOf(worktree, session) : undefined;
}

/** The session's latest checkpoint, by all that are listed. */
export async function latestOf(worktree: Worktree, session: string): Promise<string | undefined> {
  const own = await listCheckpoints(worktree, { session, limit: Infinity });
  return own.reduce<Checkpoint | undefined>(
    (latest, one) => (one.step > (latest?.step ?? 0) ? one : latest),
    undefined,
  )?.oid;
}

/** The tip of the shadow branch, for read-only callers; undefined where there is none. */
export async function readTip(worktree: Worktree): Promise<Tip | undefined> {
  const [object] = await worktree.plumbing.objects([shadowRef(worktree.key)]);
  const last = object && (await lastAt(worktree, worktree.key, object));
  return last && { oid: last.oid, tree: last.tree, last };
}

/** The worktree's newest checkpoint at or below a commit. */
export async function lastAt(
  worktree: Worktree,
  key: string,
  object: StoredObject | undefined,
): Promise<ParsedCheckpoint | undefined> {
  let at = object;
  for (let step = 0; step < foreignLimit && at?.type === 'commit'; step += 1) {
    const found = checkpointIn(at);
    if (found?.worktree === key && found.stale === undefined) {
      return found;
    }
    const parent = firstParentIn(at.content);
    [at] = parent === undefined ? [] : await worktree.plumbing.objects([parent]);
  }
  return undefined;
}

/** The checkpoints on overflow refs, oldest first. */
export async function listOverflow(worktree: Worktree): Promise<OverflowCheckpoint[]> {
  return inOrder((await readRefs(worktree, [overflowPrefix])).found);
}

/**
 * What stands beside the worktree's own chain: the waiting checkpoints, oldest first, and the tips of all worktrees. A
 * session may work in several worktrees, and a crash may have left its own ref behind any of them. Where its ref is there
 * but cannot be read, its checkpoints tell where it stands.
 */
export async function readOtherTips(
  worktree: Worktree,
  session: string,
): Promise<Pick<Chain, 'waiting' | 'others'> & { readonly misused: readonly Misused[] }> {
  const own = sessionRef(session);
  const here = shadowRef(worktree.key);
  const read = await readRefs(worktree, [overflowPrefix, `${shadowPrefix}*/current`, own]);
  const { found, unreadable } = read;
  // What the two ends name is judged when they are read; that they lead to other references is seen here only.
  const misused = read.misused.filter(
    ({ ref, to }) => ref.startsWith(overflowPrefix) || (to !== undefined && (ref === own || ref === here)),
  );
  const under = (prefix: string): OverflowCheckpoint[] => found.filter(({ ref }) => ref.startsWith(prefix));
  const tips = under(shadowPrefix).map(({ checkpoint }) => checkpoint);
  const whole = unreadable.has(own) ? await listCheckpoints(worktree, { session, limit: Infinity }) : [];
  return { waiting: inOrder(under(overflowPrefix)), others: [...tips, ...whole], misused };
}

/** What a fenced writer left stands under the same prefix, but is no step that waits to be folded in. */
function inOrder(found: readonly OverflowCheckpoint[]): OverflowCheckpoint[] {
  return found
    .filter(({ checkpoint }) => checkpoint.stale === undefined)
    .sort((a, b) => a.checkpoint.time - b.checkpoint.time || a.checkpoint.step - b.checkpoint.step);
}

interface ReadRefs {
  readonly found: readonly OverflowCheckpoint[];
  /** Refs that are there but hold no value, or name an object that is gone: not the same as refs that are not there. */
  readonly unreadable: ReadonlySet<string>;
  /** Refs that lead to other ones, or name what is no checkpoint that belongs there. */
  readonly misused: readonly Misused[];
}

async function readRefs(worktree: Worktree, patterns: readonly string[]): Promise<ReadRefs> {
  const unreadable = new Set<string>();
  const found: OverflowCheckpoint[] = [];
  const misused: Misused[] = [];
  const listed = await listRefObjects(worktree, patterns, (ref) => unreadable.add(ref));
  for (const { ref, target, object } of listed) {
    const checkpoint = belongsAt(ref, checkpointIn(object));
    if (checkpoint !== undefined) {
      found.push({ ref, checkpoint });
    }
    if (target !== '' || (object !== undefined && checkpoint === undefined)) {
      misused.push({ ref, to: checkpoint?.oid });
    } else if (object === undefined) {
      unreadable.add(ref);
    }
  }
  return { found, unreadable, misused };
}

/** The checkpoint, where its reference may name it: one of that worktree, or session, and a stale one where those are kept. */
export function belongsAt(
  ref: string,
  checkpoint: ParsedCheckpoint | undefined,
): ParsedCheckpoint | undefined {
  if (checkpoint === undefined || isStaleRef(ref) !== (checkpoint.stale !== undefined)) {
    return undefined;
  }
  const belongs = ref.startsWith(sessionPrefix)
    ? sessionRef(checkpoint.session).toLowerCase() === ref.toLowerCase()
    : worktreeOfRef(ref) === checkpoint.worktree;
  return belongs ? checkpoint : undefined;
}

/** The waiting checkpoints that belong to this worktree. */
export function overflowOf(worktree: Worktree, chain: Pick<Chain, 'waiting'>): OverflowCheckpoint[] {
  return chain.waiting.filter(({ ref }) => worktreeOfRef(ref) === worktree.key);
}

/** The number of the session's next checkpoint, whichever of its refs a crash has left behind. */
export function nextStep(chain: Chain, session: string): number {
  const waiting = chain.waiting.map(({ checkpoint }) => checkpoint);
  const known = [chain.head, chain.tip?.last, ...chain.others, ...waiting];
  return (
    Math.max(0, ...known.map((checkpoint) => (checkpoint?.session === session ? checkpoint.step : 0))) + 1
  );
}

/**
 * Whether the session's latest checkpoint is still held by something other than the session's own ref, which is about
 * to move on. It is not when a foreign program has overwritten or removed the shadow branch.
 */
export async function isHeldElsewhere(
  worktree: Worktree,
  chain: Chain,
  head: ParsedCheckpoint,
): Promise<boolean> {
  if (chain.tip === undefined) {
    return isContained(worktree, head.oid);
  }
  let oid: string | undefined = chain.tip.oid;
  for (let step = 0; step < nearby && oid !== undefined; step += 1) {
    if (oid === head.oid) {
      return true;
    }
    const object = await worktree.plumbing.object(oid);
    const checkpoint = checkpointIn(object);
    if (checkpoint?.folded.includes(head.oid) === true) {
      return true;
    }
    oid = checkpoint?.opensSegment === true ? undefined : firstParentIn(object.content);
  }
  return isContained(worktree, head.oid);
}

function firstParentIn(content: Buffer): string | undefined {
  return /^parent ([0-9a-f]+)$/m.exec(content.toString('utf8'))?.[1];
}

async function isContained(worktree: Worktree, oid: string): Promise<boolean> {
  const text = await worktree.git.text({
    args: [
      'for-each-ref',
      '--count=1',
      '--format=%(refname)',
      `--contains=${oid}`,
      'refs/belay/shadow/',
      overflowPrefix,
      'refs/belay/backup/',
    ],
    cwd: worktree.root,
  });
  return text !== '';
}

/** Whether a checkpoint can be reached from any of Belay's refs. */
export async function isReachable(worktree: Worktree, oid: string): Promise<boolean> {
  const text = await worktree.git.text({
    args: ['for-each-ref', '--count=1', '--format=%(refname)', `--contains=${oid}`, 'refs/belay/'],
    cwd: worktree.root,
  });
  return text !== '';
}
