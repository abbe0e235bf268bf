import { BelayError } from '../errors';
import { formatCommit } from '../git/commit';
import type { Worktree } from '../git/worktree';
import { segmentRef } from '../refs/names';
import { moveRef, type RefChange } from '../refs/change';
import { setAside } from '../refs/foreign';
import {
  belongsAt,
  isHeldElsewhere,
  nextStep,
  overflowOf,
  type Chain,
  type OverflowCheckpoint,
} from './chain';
import type { Limits } from './limits';
import {
  checkpointIn,
  formatMessage,
  parseCommit,
  type CheckpointRecord,
  type ParsedCheckpoint,
} from './message';
import type { CheckpointRequest } from './checkpoint';
import type { Observed } from './observe';
import type { State } from './captureState';

/** A checkpoint that is written but that no ref names yet. */
export interface Draft {
  readonly checkpoint: ParsedCheckpoint;
  /** The closed segment's ref to be made in the same transaction. */
  readonly closes: RefChange | undefined;
  readonly folds: readonly OverflowCheckpoint[];
}

/** Writes the commit of a checkpoint on top of the chain that was read before its capture. */
export async function buildCommit(
  worktree: Worktree,
  chain: Chain,
  state: State,
  request: CheckpointRequest,
  limits: Limits,
): Promise<Draft> {
  const { observed, rules } = state;
  const step = nextStep(chain, request.session);
  const place = await chainPosition(worktree, chain, observed, limits);
  const folds = overflowOf(worktree, chain);
  const lost = await lostHead(worktree, chain, folds);
  const folded = [...new Set([...folds.map(({ checkpoint }) => checkpoint.oid), ...lost])];
  const last = chain.tip?.last;
  const headMoved = observed.head.oid !== undefined && observed.head.oid !== last?.base;
  // A new segment must hold the staged state, and the ignore rules, itself: the one before may be dropped.
  const stagedMoved =
    observed.staged !== undefined && (observed.staged !== last?.staged || place.position === 1);
  const rulesMoved = rules !== undefined && (rules !== last?.rules || place.position === 1);
  const parents = [
    place.parent,
    headMoved ? observed.head.oid : undefined,
    stagedMoved ? observed.staged : undefined,
    rulesMoved ? rules : undefined,
    request.indexFile,
    ...folded,
  ];
  const { oid, text } = await writeCheckpoint(worktree, state, request, parents, {
    step,
    segment: place.segment,
    segmentBase: place.base,
    segmentPosition: place.position,
    message: request.message ?? `Checkpoint ${step} of ${request.session}`,
    indexFile: request.indexFile,
    folded,
    restoring: request.restoring,
    stale: undefined,
  });
  const checkpoint = parseCommit(oid, text);
  if (checkpoint === undefined) {
    throw new BelayError('usage', 'The session, agent or message cannot be written as a checkpoint.');
  }
  return { checkpoint, closes: place.closes, folds };
}

/** Writes the commit of what was captured. @param own what the request and the capture do not say of it. */
export async function writeCheckpoint(
  worktree: Worktree,
  { capture, observed, rules, born }: State,
  request: CheckpointRequest,
  parents: readonly (string | undefined)[],
  own: Pick<CheckpointRecord, 'step' | 'message' | 'indexFile' | 'folded' | 'restoring' | 'stale'> &
    Pick<CheckpointRecord, 'segment' | 'segmentBase' | 'segmentPosition'>,
): Promise<{ readonly oid: string; readonly text: string }> {
  const text = formatCommit({
    tree: capture.tree,
    parents: [...new Set(parents)].flatMap((oid) => oid ?? []),
    agent: request.agent,
    time: Math.floor(Date.now() / 1000),
    message: formatMessage({
      session: request.session,
      agent: request.agent,
      base: observed.head.oid,
      branch: observed.head.branch,
      operation: observed.operation,
      mode: capture.mode,
      worktree: worktree.key,
      worktreeBorn: born,
      tool: request.tool,
      task: request.task,
      paths: request.paths ?? [],
      uncovered: capture.uncovered,
      uncoveredMore: capture.uncoveredMore,
      staged: observed.staged,
      rules,
      restoredFrom: request.restoredFrom,
      ...own,
    }),
  });
  return { oid: await worktree.plumbing.writeCommit(text), text };
}

interface ChainPosition {
  readonly parent: string | undefined;
  readonly segment: string;
  readonly base: string | undefined;
  readonly position: number;
  readonly closes: RefChange | undefined;
}

/** Where in the chain the checkpoint goes: on the tip, or as the first of a new segment. */
async function chainPosition(
  worktree: Worktree,
  chain: Chain,
  observed: Observed,
  limits: Limits,
): Promise<ChainPosition> {
  const now = `${BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n)}`;
  const { tip } = chain;
  const opened = { segment: now, base: observed.head.oid, position: 1 };
  if (tip === undefined) {
    return { ...opened, parent: observed.head.oid, closes: undefined };
  }
  const { last } = tip;
  const openedAt = Number(BigInt(last.segment) / 1_000_000n);
  const full = last.segmentPosition >= limits.segmentCheckpoints || Date.now() - openedAt > limits.segmentAge;
  if (!full) {
    return {
      parent: tip.oid,
      segment: last.segment,
      base: last.segmentBase,
      position: last.segmentPosition + 1,
      closes: undefined,
    };
  }
  const ref = segmentRef(worktree.key, last.segment);
  const closed = await closedBefore(worktree, ref);
  // It is there where a crash came between the two renames of an earlier try.
  const closes = moveRef(ref, closed?.oid, tip.oid);
  return { ...opened, parent: observed.head.oid, closes };
}

/** What a closed segment's reference names already, where that is a checkpoint of it; anything else is set aside. */
async function closedBefore(worktree: Worktree, ref: string): Promise<{ readonly oid: string } | undefined> {
  const [object] = await worktree.plumbing.objects([ref]);
  if (object === undefined || belongsAt(ref, checkpointIn(object)) !== undefined) {
    return object;
  }
  return (await setAside(worktree, ref)) ? undefined : object;
}

/** The session's latest checkpoint, if only its own ref still holds it. */
async function lostHead(
  worktree: Worktree,
  chain: Chain,
  folds: readonly OverflowCheckpoint[],
): Promise<string[]> {
  const { head } = chain;
  if (
    head === undefined ||
    head.oid === chain.tip?.oid ||
    folds.some(({ checkpoint }) => checkpoint.oid === head.oid)
  ) {
    return [];
  }
  return (await isHeldElsewhere(worktree, chain, head)) ? [] : [head.oid];
}
