import type { Worktree } from '../git/worktree';
import { overflowPrefix, sessionRef, shadowPrefix, shadowRef, worktreeOfRef } from '../refs/names';
import { BelayError } from '../errors';
import { listCheckpoints } from './history';
import { parseCommit, type ParsedCheckpoint } from './message';
import type { Checkpoint } from './model';

/** How far back from a foreign commit the chain is looked for. */
const foreignLimit = 50;
/** How many checkpoints back a session's own is looked for before git is asked. */
const nearby = 64;

/** Where the shadow branch ends now. */
export interface Tip {
  readonly oid: string;
  readonly tree: string;
  /** The newest checkpoint at or below the tip; a foreign program may have put commits of its own on top. */
  readonly last: ParsedCheckpoint | undefined;
}

/** A checkpoint that landed beside the chain and waits to be folded in. */
export interface Waiting {
  readonly ref: string;
  readonly checkpoint: ParsedCheckpoint;
}

/** What a writer builds on: read before it captures, compared when it publishes. */
export interface Ends {
  readonly tip: Tip | undefined;
  /** The latest checkpoint that the session's own ref names. */
  readonly head: ParsedCheckpoint | undefined;
}

export interface Chain extends Ends {
  /** The waiting checkpoints of all worktrees, oldest first. */
  readonly waiting: readonly Waiting[];
  /** Further checkpoints that tell a session's latest step: the tips of all worktrees, or the session's whole history. */
  readonly others: readonly Checkpoint[];
}

/**
 * Reads where the shadow branch and the session stand.
 * @throws BelayError `session_collision` when the session's ref names another session's checkpoint.
 */
export async function readEnds(worktree: Worktree, session: string): Promise<Ends> {
  const names = [shadowRef(worktree.key), sessionRef(session)];
  const [tipObject, headObject] = await worktree.plumbing.objects(names);
  const head =
    headObject === undefined ? undefined : parseCommit(headObject.oid, headObject.content.toString('utf8'));
  if (headObject !== undefined && head?.session !== session) {
    throw new BelayError(
      'session_collision',
      `The reference of session ${session} names somebody else's checkpoint.`,
    );
  }
  const tip =
    tipObject === undefined
      ? undefined
      : await tipAt(worktree, tipObject.oid, tipObject.content.toString('utf8'));
  return { tip, head };
}

/** Where the shadow branch ends, for whoever only reads; undefined where there is none. */
export async function readTip(worktree: Worktree): Promise<Tip | undefined> {
  const [object] = await worktree.plumbing.objects([shadowRef(worktree.key)]);
  return object && tipAt(worktree, object.oid, object.content.toString('utf8'));
}

async function tipAt(worktree: Worktree, oid: string, content: string): Promise<Tip> {
  let at = { oid, content };
  for (let step = 0; step < foreignLimit; step += 1) {
    const last = parseCommit(at.oid, at.content);
    const parent = /^parent ([0-9a-f]+)$/m.exec(at.content.slice(0, at.content.indexOf('\n\n')))?.[1];
    if (last?.worktree === worktree.key || parent === undefined) {
      return { oid, tree: treeIn(content), last };
    }
    at = { oid: parent, content: (await worktree.plumbing.object(parent)).content.toString('utf8') };
  }
  return { oid, tree: treeIn(content), last: undefined };
}

function treeIn(content: string): string {
  return /^tree ([0-9a-f]+)/.exec(content)?.[1] ?? '';
}

/** The checkpoints on overflow refs, oldest first. */
export async function readWaiting(worktree: Worktree): Promise<Waiting[]> {
  return inOrder((await readRefs(worktree, [overflowPrefix])).found);
}

/**
 * What stands beside the worktree's own chain: the waiting checkpoints, oldest first, and the tips of all worktrees. A
 * session may work in several worktrees, and a crash may have left its own ref behind any of them. Where its ref is there
 * but cannot be read, its checkpoints tell where it stands.
 */
export async function readBeside(
  worktree: Worktree,
  session: string,
): Promise<Pick<Chain, 'waiting' | 'others'>> {
  const own = sessionRef(session);
  const { found, unreadable } = await readRefs(worktree, [overflowPrefix, `${shadowPrefix}*/current`, own]);
  const under = (prefix: string): Waiting[] => found.filter(({ ref }) => ref.startsWith(prefix));
  const tips = under(shadowPrefix).map(({ checkpoint }) => checkpoint);
  const whole = unreadable.has(own) ? await listCheckpoints(worktree, { session, limit: Infinity }) : [];
  return { waiting: inOrder(under(overflowPrefix)), others: [...tips, ...whole] };
}

/** What a fenced writer left stands under the same prefix, but is no step that waits to be folded in. */
function inOrder(found: readonly Waiting[]): Waiting[] {
  return found
    .filter(({ checkpoint }) => checkpoint.stale === undefined)
    .sort((a, b) => a.checkpoint.time - b.checkpoint.time || a.checkpoint.step - b.checkpoint.step);
}

interface ReadRefs {
  readonly found: readonly Waiting[];
  /** Refs that are there but hold no value, or name an object that is gone: not the same as refs that are not there. */
  readonly unreadable: ReadonlySet<string>;
}

async function readRefs(worktree: Worktree, patterns: readonly string[]): Promise<ReadRefs> {
  const { stdout, stderr } = await worktree.git.run({
    args: ['for-each-ref', '--format=%(objectname) %(refname)', ...patterns],
    cwd: worktree.root,
  });
  const unreadable = new Set(Array.from(stderr.matchAll(/ broken ref (\S+)$/gm), ([, ref = '']) => ref));
  const refs = stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ oid: line.slice(0, line.indexOf(' ')), ref: line.slice(line.indexOf(' ') + 1) }));
  const objects = refs.length === 0 ? [] : await worktree.plumbing.objects(refs.map(({ oid }) => oid));
  const found: Waiting[] = [];
  for (const [index, { ref, oid }] of refs.entries()) {
    const content = objects[index]?.content.toString('utf8');
    const checkpoint = content === undefined ? undefined : parseCommit(oid, content);
    if (checkpoint !== undefined) {
      found.push({ ref, checkpoint });
    } else if (content === undefined) {
      unreadable.add(ref);
    }
  }
  return { found, unreadable };
}

/** The waiting checkpoints that belong to this worktree. */
export function waitingHere(worktree: Worktree, chain: Pick<Chain, 'waiting'>): Waiting[] {
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
    const checkpoint = parseCommit(oid, object.content.toString('utf8'));
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
