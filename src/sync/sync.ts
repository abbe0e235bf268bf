import { noneWaits } from '../decisions/read';
import { noticeFallen } from './external';
import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import { endInterrupted, wasInterrupted } from '../restore/interrupted';
import { mergeBase } from './ancestry';
import { completeContents } from './contents';
import { moveKeeping } from './keep';
import type { SyncCase, SyncOutcome } from './syncOutcome';
import { underWorktreeLease } from '../leases/worktreeLease';
import { recover, recoverAhead } from './recover';
import { limitsOf, type Fetcher, type NotFetched, type SyncRequest } from './request';
import { noticeInterrupted } from './reset';
import { shortName, readWorktreeState, type Following } from './worktreeState';
import { recordTips } from './upstreamTips';

/**
 * Brings the branch of a worktree to its upstream without losing a commit or a byte. The one way to do it: the palette, the
 * command line, fan-out and the schedule all come here, and leave the same records behind.
 * @throws BelayError `decision_pending` while a person has not answered; the reasons of {@link readWorktreeState};
 * `uncommitted_in_the_way`, `backup_failed`, `move_incomplete`; ResetFailed when rebase and reset both failed.
 */
export async function syncWorktree(
  worktree: Worktree,
  fetcher: Fetcher,
  request: SyncRequest,
): Promise<SyncOutcome> {
  await noticeInterrupted(worktree);
  await noneWaits(worktree, worktree.key);
  await noticeFallen(worktree);
  await noneWaits(worktree, worktree.key);
  if (await wasInterrupted(worktree)) {
    await underWorktreeLease(worktree, request, ({ writer }) => endInterrupted(worktree, writer));
  }
  const state = await readWorktreeState(worktree);
  switch (state.kind) {
    case 'in_progress':
      return left(worktree, 'in_progress', state.local, `A ${state.operation} is under way.`);
    case 'detached':
      return left(worktree, 'detached', state.local, 'HEAD is not on a branch.');
    case 'no_upstream':
      return left(
        worktree,
        'no_upstream',
        state.local,
        `${shortName(state.branch)} follows no other branch.`,
      );
    case 'following':
      return syncFollowing(worktree, fetcher, state, request);
  }
}

async function syncFollowing(
  worktree: Worktree,
  fetcher: Fetcher,
  state: Following,
  request: SyncRequest,
): Promise<SyncOutcome> {
  const before = await tipOf(worktree, state);
  const unfetched = await fetchInto(worktree, fetcher, state, request);
  return unfetched ?? afterFetch(worktree, fetcher, request, before);
}

async function tipOf(worktree: Worktree, { upstream }: Following): Promise<string | undefined> {
  const [tip] = await worktree.plumbing.infos([upstream]);
  return tip?.oid;
}

/** Fetches what the branch follows. @returns the outcome when that did not happen. */
async function fetchInto(
  worktree: Worktree,
  fetcher: Fetcher,
  { remote, local }: Following,
  request: SyncRequest,
): Promise<SyncOutcome | undefined> {
  if (remote === undefined) {
    return undefined;
  }
  const fetched = await fetcher.fetch(worktree, remote, limitsOf(request));
  return fetched.kind === 'done' ? undefined : notFetched(worktree, local, fetched);
}

function notFetched(worktree: Worktree, local: string, { reason, message }: NotFetched): SyncOutcome {
  return { ...left(worktree, 'not_fetched', local, `${reason.replaceAll('_', ' ')}: ${message}`), reason };
}

/** The fetch may have taken its time: everything is read again. `before` is where the upstream was before it. */
async function afterFetch(
  worktree: Worktree,
  fetcher: Fetcher,
  request: SyncRequest,
  before: string | undefined,
): Promise<SyncOutcome> {
  const state = await readWorktreeState(worktree);
  if (state.kind !== 'following') {
    throw new BelayError('branch_moved', 'The worktree was switched to something else meanwhile.');
  }
  const { local, upstream: ref, remote } = state;
  const upstream = await tipOf(worktree, state);
  const lately = [before, upstream].filter((tip) => tip !== undefined);
  const follows = { ref, remote, lately };
  if (upstream === undefined) {
    return gone(worktree, state);
  }
  if (upstream === before) {
    const missing = await missingOver(worktree, fetcher, state, request);
    if (missing !== undefined) {
      return missing;
    }
  }
  if (upstream === local) {
    await recordTips(worktree, follows);
    return { ...left(worktree, 'up_to_date', local, undefined), to: local };
  }
  const base = await mergeBase(worktree, local, upstream);
  const needed = { remote, target: upstream, base: base === local ? undefined : base, local };
  const incomplete = await completeContents(worktree, fetcher, needed, limitsOf(request));
  if (incomplete !== undefined) {
    return notFetched(worktree, local, incomplete);
  }
  const divergence = { following: state, upstream, follows };
  if (base === upstream) {
    return (
      (await recoverAhead(worktree, divergence, request)) ?? {
        ...left(worktree, 'local_ahead', local, undefined),
        to: local,
      }
    );
  }
  if (base === local) {
    await recordTips(worktree, follows);
    return fastForward(worktree, state, upstream, request);
  }
  return recover(worktree, divergence, request);
}

/**
 * A fetch does not touch the tracking reference of a branch that is gone from the remote. Where it has not moved, the remote is
 * asked whether it still has the branch. @returns the outcome when it has not, or does not say.
 */
async function missingOver(
  worktree: Worktree,
  fetcher: Fetcher,
  state: Following,
  request: SyncRequest,
): Promise<SyncOutcome | undefined> {
  const { remote, remoteRef, local } = state;
  if (remote === undefined) {
    return undefined;
  }
  const listed = await fetcher.listRemote(worktree, remote, { ...limitsOf(request), patterns: [remoteRef] });
  if (listed.kind === 'not_done') {
    return notFetched(worktree, local, listed);
  }
  return listed.value.has(remoteRef) ? undefined : gone(worktree, state);
}

function gone(worktree: Worktree, { branch, local, upstream, remote, remoteRef }: Following): SyncOutcome {
  const what = remote === undefined ? shortName(upstream) : `${shortName(remoteRef)} of ${remote}`;
  return left(
    worktree,
    'upstream_gone',
    local,
    `What ${shortName(branch)} follows is gone: there is no branch ${what} any more. Its commits here are unchanged.`,
  );
}

async function fastForward(
  worktree: Worktree,
  { branch, local }: Following,
  upstream: string,
  request: SyncRequest,
): Promise<SyncOutcome> {
  const {
    checkpoint,
    message: words,
    moved,
  } = await moveKeeping(
    worktree,
    { branch, from: local, to: upstream, how: `fast-forwarding to ${upstream.slice(0, 10)}` },
    request,
  );
  return { ...left(worktree, 'fast_forwarded', local, words), to: upstream, checkpoint, moved };
}

/** The worktree was left unchanged. */
function left(
  worktree: Worktree,
  what: SyncCase,
  from: string | undefined,
  words: string | undefined,
): SyncOutcome {
  return {
    worktree: worktree.key,
    case: what,
    hardReset: false,
    from,
    dropped: [],
    leftOut: [],
    message: words,
  };
}
