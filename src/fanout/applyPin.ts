import { newBackupRef } from '../backups/backups';
import { noneWaits } from '../decisions/read';
import { BelayError, messageOf } from '../errors';
import { readHead } from '../git/head';
import type { Worktree } from '../git/worktree';
import { mergeBase } from '../sync/ancestry';
import { leftOutWords } from '../sync/commitWords';
import { completeContents } from '../sync/contents';
import { noticeFallen } from '../sync/external';
import { moveKeeping } from '../sync/keep';
import { endInterrupted } from '../restore/interrupted';
import { underWorktreeLease } from '../leases/worktreeLease';
import { ResetFailed } from '../sync/syncOutcome';
import { recover } from '../sync/recover';
import { limitsOf, type SyncRequest } from '../sync/request';
import { noticeInterrupted } from '../sync/reset';
import { followedBy, readHeadPosition, requireWhole, type OnBranch } from '../sync/worktreeState';
import { halfFilled } from './halfFilled';
import { positionAfter, type FanOutCase, type FanOutOutcome } from './fanOutOutcome';
import { pinHistory, type Pin } from './pin';
import type { Fetcher } from './resolve';
import { pinState } from './pinState';

/** What was done to a worktree, before it was looked at again. */
export type Done = { readonly did: FanOutCase } & Pick<
  FanOutOutcome,
  'backup' | 'checkpoint' | 'decision' | 'reason' | 'message' | 'moved'
>;

/** Whose commits are nobody's local work: some remote has them. */
const remotes = ['--remotes'];

/**
 * Brings one worktree to the pinned commit, whatever a branch or remote says by now, under the rules of a sync: a checkpoint
 * first, a backup of what would be dropped, its own commits rebased onto the pin, and a person asked where that conflicts. It
 * works under the worktree's lease. Whatever happens is an outcome, and what that says of HEAD was read back afterwards.
 * @param act What is done once nothing is in the way, with a request that holds the worktree's lease.
 */
export async function applyPin(
  worktree: Worktree,
  pin: Pin,
  request: SyncRequest,
  act: (request: SyncRequest) => Promise<Done>,
): Promise<FanOutOutcome> {
  return readBack(worktree, pin, await attempt(worktree, request, act));
}

async function attempt(
  worktree: Worktree,
  request: SyncRequest,
  act: (request: SyncRequest) => Promise<Done>,
): Promise<Done> {
  try {
    const { oid: head } = await readHead(worktree);
    const half = await halfFilled(worktree, { key: worktree.key, root: worktree.root, head });
    if (half !== undefined) {
      return { did: 'half_filled', reason: 'half_filled', message: half.why };
    }
    await noticeInterrupted(worktree);
    await noneWaits(worktree, worktree.key);
    await noticeFallen(worktree);
    await noneWaits(worktree, worktree.key);
    request.signal?.throwIfAborted();
    return await underWorktreeLease(worktree, request, async ({ writer }) => {
      await endInterrupted(worktree, writer);
      return act({ ...request, leases: writer.leases });
    });
  } catch (thrown) {
    return failed(thrown, request.signal);
  }
}

/** Brings the worktree to the pinned commit, which is here. The request holds its lease. */
export async function bringTo(
  worktree: Worktree,
  pin: Pin,
  fetcher: Fetcher,
  request: SyncRequest,
): Promise<Done> {
  const place = await readHeadPosition(worktree);
  if (place.kind === 'in_progress') {
    return { did: 'in_progress', message: `A ${place.operation} is under way.` };
  }
  const { kind, local } = place;
  if (local === undefined) {
    throw new BelayError('unborn_branch', 'There is no commit here yet.');
  }
  if (kind === 'detached') {
    await requireWhole(worktree);
  }
  if (local === pin.commit) {
    return { did: 'on_pin' };
  }
  const base = await mergeBase(worktree, local, pin.commit);
  const needed = { remote: pin.remote, target: pin.commit, local, base: base === local ? undefined : base };
  const missing = await completeContents(worktree, fetcher, needed, limitsOf(request));
  if (missing !== undefined) {
    return { did: 'not_fetched', reason: 'not_fetched', message: missing.message };
  }
  const branch = kind === 'detached' ? undefined : place.branch;
  const others = [...remotes, ...(await followedCommits(worktree, pin))];
  const to = { branch, from: local, to: pin.commit } as const;
  if (base === local) {
    return { did: 'fast_forwarded', ...(await moveKeeping(worktree, { ...to, how: how(pin) }, request)) };
  }
  if (branch === undefined || !(await hasOwnCommits(worktree, local, pin, others))) {
    const backup = newBackupRef('fan-out', worktree.key);
    const moved = await moveKeeping(worktree, { ...to, how: how(pin), backup }, request);
    return { did: 'moved_to_pin', backup, ...moved };
  }
  if (base === pin.commit) {
    return { did: 'ahead', message: 'Its own commits stand on the pin.' };
  }
  return rebaseOrAsk(worktree, { branch, local }, { pin, others }, request);
}

function how({ commit }: Pin): string {
  return `going to the pinned ${commit.slice(0, 10)}`;
}

/** Whether there are commits that neither the pin nor any remote has, as far as is known here. */
async function hasOwnCommits(
  worktree: Worktree,
  local: string,
  pin: Pin,
  others: readonly string[],
): Promise<boolean> {
  const text = await worktree.git.text({
    args: ['rev-list', '--max-count=1', local, '--not', pin.commit, ...others],
    cwd: worktree.root,
  });
  return text !== '';
}

/**
 * Where a pin that follows a remote branch was before: after that was moved by force no remote has those commits, and they are
 * nobody's local work all the same.
 */
async function followedCommits(worktree: Worktree, pin: Pin): Promise<readonly string[]> {
  const [record] = pin.follows ? await worktree.plumbing.infos([pin.version]) : [];
  if (record === undefined) {
    return [];
  }
  const versions = await pinHistory(worktree, pin);
  return versions.flatMap(({ ref, commit }) =>
    ref === pin.ref && ref?.startsWith('refs/remotes/') === true ? [commit] : [],
  );
}

async function rebaseOrAsk(
  worktree: Worktree,
  following: OnBranch,
  { pin, others }: { readonly pin: Pin; readonly others: readonly string[] },
  request: SyncRequest,
): Promise<Done> {
  const followed = await followedBy(worktree, following.branch);
  const follows = followed && { ref: followed.upstream, remote: followed.remote, lately: [] };
  const divergence = { following, upstream: pin.commit, others, pin: pin.name, follows };
  const outcome = await recover(worktree, divergence, request);
  const { case: did, to, backup, checkpoint, decision, moved = [] } = outcome;
  const message =
    [leftOutWords(outcome.leftOut), outcome.message ?? ''].filter(Boolean).join(' ') || undefined;
  const done = { backup, checkpoint, decision, message, moved };
  if (did === 'diverged_rebased') {
    // Nothing of its own may be left, where its upstream removed all that it had.
    return { did: to === pin.commit ? 'moved_to_pin' : did, ...done };
  }
  if (did !== 'diverged_recovered_by_reset' && did !== 'diverged_held') {
    throw new Error(`A recovery does not end as ${did}.`);
  }
  return { did, ...done };
}

/** Every failure is an outcome of its own: it must not stop the other worktrees. */
export function failed(thrown: unknown, signal: AbortSignal | undefined): Done {
  if (signal?.aborted === true) {
    return { did: 'cancelled', reason: 'cancelled' };
  }
  if (!(thrown instanceof BelayError)) {
    return { did: 'failed', message: messageOf(thrown) };
  }
  const { reason, message: words } = thrown;
  if (thrown instanceof ResetFailed) {
    return { did: 'failed', reason, message: words, backup: thrown.backup, decision: thrown.decision };
  }
  if (reason === 'decision_pending') {
    return { did: 'held', reason, message: words };
  }
  return { did: thrown.exitCode === 3 ? 'failed' : 'refused', reason, message: words };
}

/** Looks at the worktree again and says what is, whatever was meant. */
async function readBack(worktree: Worktree, pin: Pin, done: Done): Promise<FanOutOutcome> {
  const { key, root, repository } = worktree;
  const { did, reason, message: words, backup, checkpoint, moved = [] } = done;
  const { commonDir } = repository;
  const told = { worktree: key, root, repository: commonDir, pin: pin.commit, backup, checkpoint, moved };
  try {
    const { oid: head, branch } = await readHead(worktree);
    const place = { key, root, head, branch, locked: false, missing: false };
    const state = await pinState(worktree, place, pin.commit);
    const seen = { ...told, head, state, decision: done.decision ?? state.held };
    const expected = positionAfter(did);
    return expected === undefined || expected === state.position
      ? { ...seen, outcome: did, reason, message: words }
      : { ...seen, outcome: 'moved_elsewhere', reason, message: elsewhere(head) };
  } catch (thrown) {
    const unread = failed(thrown, undefined);
    return {
      ...told,
      outcome: 'failed',
      decision: done.decision,
      reason: unread.reason,
      message: `${words ?? ''} It could not be looked at afterwards: ${unread.message ?? ''}`.trim(),
    };
  }
}

function elsewhere(head: string | undefined): string {
  return `It was brought to the pin, but was at ${head?.slice(0, 10) ?? 'no commit'} when it was checked: something else moved it.`;
}
