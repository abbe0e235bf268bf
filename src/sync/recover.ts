import { newBackupRef } from '../backups/backups';
import { commitsOf } from '../backups/commits';
import type { Checkpoint } from '../checkpoint/model';
import { takeCheckpoint } from '../checkpoint/take';
import { ask, moveDecision, NotAsked } from '../decisions/decide';
import { optionsOf, type Decision, type DecisionCase } from '../decisions/model';
import { noneWaits, readDecision } from '../decisions/read';
import { writeDecision } from '../decisions/record';
import { BelayError, messageOf } from '../errors';
import type { Worktree } from '../git/worktree';
import { openGuard, type Guard } from '../leases/guard';
import type { Held } from '../leases/hold';
import { changeRefs, ownComparison, type Fence, type RefChange } from '../refs/transaction';
import { listSessions } from '../sessions/sessions';
import { moveWorktree, type Moved } from './move';
import { ResetFailed, type DroppedCommit, type SyncOutcome } from './outcome';
import { rebaseInObjects } from './rebase';
import type { SyncRequest } from './request';
import { shortName, type Following } from './standing';
import { underWorktreeLease } from './lease';

/** How many dropped commits are named. */
const namedCommits = 1_000;

/** A branch that has commits its upstream has not, and the other way round. */
export interface Divergence {
  readonly following: Following;
  /** The upstream's newest commit. */
  readonly upstream: string;
}

/** What must exist before anything that drops commits may start. */
export interface Prepared extends Divergence {
  readonly checkpoint: Checkpoint;
  readonly backup: string;
  /** Whether the backup ref is there already. */
  readonly pinned: boolean;
  readonly dropped: readonly DroppedCommit[];
}

/**
 * Brings a diverged branch back: by a rebase that was found to be clean before anything is touched, else by asking a person, or,
 * where that is the setting, by a reset that a person acknowledges. The checkpoint and the backup ref come first; without both
 * nothing is changed.
 */
export async function recover(
  worktree: Worktree,
  divergence: Divergence,
  request: SyncRequest,
): Promise<SyncOutcome> {
  let prepared = await prepare(worktree, divergence, request);
  const rebased = await rebaseInObjects(worktree, divergence.following.local, divergence.upstream);
  const why = rebased.clean ? await takeRebased(worktree, prepared, rebased.tip, request) : rebased.why;
  if (typeof why !== 'string') {
    return why;
  }
  prepared = { ...prepared, pinned: rebased.clean };
  const kept = await keptBefore(worktree, prepared);
  if (kept) {
    return outcome(worktree, prepared, 'diverged_held', { words: `You chose to keep your commits. ${why}` });
  }
  return request.onConflict === 'reset'
    ? resetToUpstream(worktree, prepared, request, why)
    : hold(worktree, prepared, request, why);
}

export async function prepare(
  worktree: Worktree,
  divergence: Divergence,
  request: SyncRequest,
): Promise<Prepared> {
  const { local } = divergence.following;
  const { checkpoint } = await takeCheckpoint(
    worktree,
    {
      session: request.session,
      agent: request.agent,
      message: `Before syncing with ${divergence.upstream.slice(0, 10)}`,
      leases: request.leases ?? [],
    },
    { signal: request.signal },
  );
  const dropped = await commitsOf(worktree, [local, '--not', divergence.upstream], namedCommits);
  return {
    ...divergence,
    checkpoint,
    backup: newBackupRef('sync-recovery', worktree.key),
    pinned: false,
    dropped,
  };
}

/** Moves to the rebased commits, with what is not committed kept. @returns the outcome, or why it cannot be done. */
async function takeRebased(
  worktree: Worktree,
  prepared: Prepared,
  tip: string,
  request: SyncRequest,
): Promise<SyncOutcome | string> {
  const { branch, local } = prepared.following;
  return underWorktreeLease(worktree, request, async (held) => {
    const fence = await fenceOf(worktree, request, held);
    await pin(worktree, fence, prepared);
    const move = { branch, from: local, to: tip, mode: 'keep', captured: prepared.checkpoint.tree } as const;
    const moved = await moveWorktree(worktree, move, fence, () => held.check());
    if (!moved.moved) {
      return moved.why;
    }
    await recordAfter(worktree, request, held, `After rebasing onto ${prepared.upstream.slice(0, 10)}`);
    return outcome(worktree, prepared, 'diverged_rebased', { to: tip, dropped: [] });
  });
}

/** The branch and the files stay as they are, and the person is asked. */
async function hold(
  worktree: Worktree,
  prepared: Prepared,
  request: SyncRequest,
  why: string,
): Promise<SyncOutcome> {
  const guard = await openGuard(worktree, { leases: request.leases });
  const decision = await askOrPin(worktree, guard, prepared, 'diverged_held', why);
  return outcome(worktree, prepared, 'diverged_held', { decision: decision.id, words: why });
}

/** The question stands, with its backup, before the first file is touched. */
async function resetToUpstream(
  worktree: Worktree,
  prepared: Prepared,
  request: SyncRequest,
  why: string,
): Promise<SyncOutcome> {
  return underWorktreeLease(worktree, request, async (held) => {
    const guard = await openGuard(worktree, { leases: [...(request.leases ?? []), held.token] });
    const decision = await askOrPin(worktree, guard, prepared, 'diverged_recovered_by_reset', why);
    await resetUnder(worktree, prepared, guard, held, decision);
    await recordAfter(worktree, request, held, `After resetting to ${prepared.upstream.slice(0, 10)}`);
    return outcome(worktree, prepared, 'diverged_recovered_by_reset', {
      decision: decision.id,
      hardReset: true,
      words: why,
    });
  });
}

/**
 * Resets branch, index and files to the upstream under a question that stands already.
 * @throws ResetFailed after the question has been changed to one that can only be aborted.
 */
export async function resetUnder(
  worktree: Worktree,
  prepared: Pick<Prepared, 'following' | 'upstream' | 'checkpoint' | 'backup' | 'dropped'>,
  fence: Fence,
  held: Held,
  decision: Decision,
): Promise<void> {
  const { branch, local } = prepared.following;
  const move = {
    branch,
    from: local,
    to: prepared.upstream,
    mode: 'reset',
    captured: prepared.checkpoint.tree,
  } as const;
  let moved: Moved;
  try {
    moved = await moveWorktree(worktree, move, fence, () => held.check());
  } catch (thrown) {
    moved = { moved: false, why: messageOf(thrown) };
  }
  if (moved.moved) {
    return;
  }
  const failed = await turnIntoFailure(worktree, decision, moved.why);
  throw new ResetFailed(
    `The branch could be neither rebased nor reset: ${moved.why} Its commits are held by ${prepared.backup}.`,
    prepared.backup,
    prepared.dropped,
    failed.id,
  );
}

async function turnIntoFailure(worktree: Worktree, decision: Decision, why: string): Promise<Decision> {
  const current = (await readDecision(worktree, decision.worktree)) ?? decision;
  const failed = await writeDecision(
    worktree,
    { ...current, case: 'reset_failed', options: optionsOf.reset_failed, status: 'pending', why },
    current.version,
  );
  const changed = await changeRefs(worktree, 'ask', ownComparison, [
    moveDecision(decision.worktree, current, failed),
  ]);
  if (!changed.done) {
    throw new BelayError(
      'reset_failed',
      `${why} The decision could not be brought up to date: ${changed.words.trim()}`,
    );
  }
  return failed;
}

/** Asks; where another question came first, the commits of this one are pinned all the same before the refusal is told. */
async function askOrPin(
  worktree: Worktree,
  guard: Guard,
  prepared: Prepared,
  what: DecisionCase,
  why: string,
): Promise<Decision> {
  const { following, upstream, checkpoint, backup, dropped } = prepared;
  const sessions = (await listSessions(worktree)).filter(
    (session) => session.live && session.worktree === worktree.key,
  );
  try {
    return await ask(
      worktree,
      guard,
      {
        worktree: worktree.key,
        branch: following.branch,
        case: what,
        from: following.local,
        to: upstream,
        backups: [backup],
        dropped: dropped.map(({ oid }) => oid),
        checkpoint: checkpoint.oid,
        sessions: sessions.map(({ id }) => id),
        why,
      },
      [
        { kind: 'verify', ref: following.branch, at: following.local },
        prepared.pinned
          ? { kind: 'verify', ref: backup, at: following.local }
          : { kind: 'create', ref: backup, to: following.local },
      ],
    );
  } catch (thrown) {
    if (thrown instanceof BelayError && thrown.reason === 'decision_pending' && !prepared.pinned) {
      await pin(worktree, guard, prepared);
      throw thrown;
    }
    if (thrown instanceof NotAsked) {
      await guard.check();
      await requireUnmoved(worktree, prepared);
      throw new BelayError(
        'backup_failed',
        `The backup of the local commits could not be written: ${thrown.message}`,
        {
          cause: thrown,
        },
      );
    }
    throw thrown;
  }
}

async function requireUnmoved(worktree: Worktree, { following }: Prepared): Promise<void> {
  const [now] = await worktree.plumbing.infos([following.branch]);
  if (now?.oid !== following.local) {
    throw new BelayError('branch_moved', `The branch ${shortName(following.branch)} is not where it was.`);
  }
}

/** @throws BelayError `backup_failed`; then nothing that drops a commit may start. */
async function pin(worktree: Worktree, fence: Fence, { backup, following }: Prepared): Promise<void> {
  const create: RefChange = { kind: 'create', ref: backup, to: following.local };
  const pinned = await changeRefs(worktree, 'pin_backup', fence, [create]);
  if (!pinned.done) {
    throw new BelayError(
      'backup_failed',
      `The backup of the local commits could not be written: ${pinned.words.trim()}`,
    );
  }
}

/** Whether the person was asked about this very divergence before, and chose to keep their commits. */
async function keptBefore(worktree: Worktree, { upstream, following }: Prepared): Promise<boolean> {
  const last = await readDecision(worktree, worktree.key);
  return (
    last?.status === 'answered' &&
    last.answer === 'keep_my_commits' &&
    last.to === upstream &&
    last.branch === following.branch
  );
}

/** The writer's leases, the worktree's, and that no decision waits: all of it in the transaction of each write. */
export async function fenceOf(worktree: Worktree, request: SyncRequest, held: Held): Promise<Fence> {
  const [guard, free] = await Promise.all([
    openGuard(worktree, { leases: [...(request.leases ?? []), held.token] }),
    noneWaits(worktree, worktree.key),
  ]);
  return { verifies: [...guard.verifies, free] };
}

/** What came from elsewhere is this session's doing, not that of the next agent whose checkpoint would see it first. */
export async function recordAfter(
  worktree: Worktree,
  request: SyncRequest,
  held: Held,
  message: string,
): Promise<void> {
  await takeCheckpoint(worktree, {
    session: request.session,
    agent: request.agent,
    message,
    leases: [...(request.leases ?? []), held.token],
  });
}

function outcome(
  worktree: Worktree,
  prepared: Prepared,
  what: SyncOutcome['case'],
  own: Partial<SyncOutcome>,
): SyncOutcome {
  return {
    worktree: worktree.key,
    case: what,
    hardReset: false,
    from: prepared.following.local,
    to: prepared.upstream,
    backup: own.decision === undefined && what === 'diverged_held' ? undefined : prepared.backup,
    dropped: prepared.dropped.map(({ oid, subject }) => ({ oid, subject })),
    checkpoint: prepared.checkpoint.oid,
    decision: undefined,
    words: undefined,
    ...own,
  };
}
