import { newBackupRef } from '../backups/backups';
import { commitsOf } from '../backups/commits';
import { takeCheckpoint } from '../checkpoint/take';
import { decisionHistory } from '../decisions/read';
import type { Worktree } from '../git/worktree';
import { openGuard } from '../leases/guard';
import { askOrPin, recordAfter, type Divergence, type Prepared } from './ask';
import { carryOutKeeping } from './keep';
import { underWorktreeLease } from './lease';
import { withMove } from './move';
import type { SyncOutcome } from './outcome';
import { rebaseInObjects } from './rebase';
import type { SyncRequest } from './request';
import { resetUnder } from './reset';

/** How many dropped commits are named. */
const namedCommits = 1_000;

/**
 * Brings a diverged branch back: by a rebase that was found to be clean before anything is touched, else by asking a person, or,
 * where that is the setting, by a reset that a person acknowledges. The checkpoint and the backup ref come first; without both
 * nothing is changed.
 * @throws BelayError `uncommitted_in_the_way` when the rebase is clean, but what is not committed stands in its way: commits
 * are not dropped for that.
 */
export async function recover(
  worktree: Worktree,
  divergence: Divergence,
  request: SyncRequest,
): Promise<SyncOutcome> {
  const prepared = await prepare(worktree, divergence, request);
  const { following, upstream, others } = divergence;
  const rebased = await rebaseInObjects(worktree, following.local, upstream, others);
  if (rebased.clean) {
    return takeRebased(worktree, prepared, rebased.tip, request);
  }
  if (await keptBefore(worktree, prepared)) {
    return {
      ...outcome(worktree, prepared, 'diverged_held', {
        words: `You chose to keep your commits. ${rebased.why}`,
      }),
      backup: undefined,
    };
  }
  return request.onConflict === 'reset'
    ? resetToUpstream(worktree, prepared, request, rebased.why)
    : hold(worktree, prepared, request, rebased.why);
}

/** The checkpoint of the worktree as it is, the name of the backup, and what a reset would drop. */
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
  return { ...divergence, checkpoint, backup: newBackupRef('sync-recovery', worktree.key), dropped };
}

/** Moves to the rebased commits, with what is not committed kept. */
async function takeRebased(
  worktree: Worktree,
  prepared: Prepared,
  tip: string,
  request: SyncRequest,
): Promise<SyncOutcome> {
  const { following, upstream, backup, checkpoint } = prepared;
  const how = `rebasing onto ${upstream.slice(0, 10)}`;
  const move = { branch: following.branch, from: following.local, to: tip, backup, how };
  const words = await carryOutKeeping(worktree, move, checkpoint, request);
  return outcome(worktree, prepared, 'diverged_rebased', { to: tip, dropped: [], words });
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

/** The question stands, with its backup, before the first file is touched. A reset that something is in the way of is held. */
async function resetToUpstream(
  worktree: Worktree,
  prepared: Prepared,
  request: SyncRequest,
  why: string,
): Promise<SyncOutcome> {
  const { following, upstream, checkpoint } = prepared;
  const { branch, local } = following;
  const move = { branch, from: local, to: upstream, mode: 'reset', checkpoint } as const;
  return underWorktreeLease(worktree, request, (held) =>
    withMove(worktree, move, async (ready) => {
      if ('why' in ready) {
        return hold(worktree, prepared, request, `${why} It was not reset either. ${ready.why}`);
      }
      const guard = await openGuard(worktree, { leases: [...(request.leases ?? []), held.token] });
      const decision = await askOrPin(worktree, guard, prepared, 'diverged_recovered_by_reset', why);
      await resetUnder(worktree, ready, prepared, { fence: guard, held, decision });
      const words = await recordAfter(worktree, request, held, `After resetting to ${upstream.slice(0, 10)}`);
      return outcome(worktree, prepared, 'diverged_recovered_by_reset', {
        decision: decision.id,
        hardReset: true,
        words: words === undefined ? why : `${why} ${words}`,
      });
    }),
  );
}

/** Whether the person was asked about this upstream before, and chose to keep their commits. */
async function keptBefore(worktree: Worktree, { upstream, following }: Prepared): Promise<boolean> {
  const history = await decisionHistory(worktree, worktree.key);
  const last = history.find(
    (version) =>
      version.status === 'answered' &&
      version.case !== 'external_reset' &&
      version.to === upstream &&
      version.branch === following.branch,
  );
  return last?.answer === 'keep_my_commits';
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
    backup: prepared.backup,
    dropped: prepared.dropped.map(({ oid, subject }) => ({ oid, subject })),
    checkpoint: prepared.checkpoint.oid,
    decision: undefined,
    words: undefined,
    ...own,
  };
}
