import { noneWaits } from '../decisions/read';
import { noticeFallen } from './external';
import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import { mergeBase } from './ancestry';
import { completeContents } from './contents';
import { moveKeeping } from './keep';
import type { SyncCase, SyncOutcome } from './outcome';
import { recover } from './recover';
import { limitsOf, type Fetcher, type NotFetched, type SyncRequest } from './request';
import { noticeInterrupted } from './reset';
import { shortName, standingOf, type Following } from './standing';

/**
 * Brings the branch of a worktree to its upstream without losing a commit or a byte. The one way to do it: the palette, the
 * command line, fan-out and the schedule all come here, and leave the same records behind.
 * @throws BelayError `decision_pending` while a person has not answered; the reasons of {@link standingOf};
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
  const standing = await standingOf(worktree);
  switch (standing.kind) {
    case 'in_progress':
      return left(worktree, 'in_progress', standing.local, `A ${standing.operation} is under way.`);
    case 'detached':
      return left(worktree, 'detached', standing.local, 'HEAD is not on a branch.');
    case 'no_upstream':
      return left(
        worktree,
        'no_upstream',
        standing.local,
        `${shortName(standing.branch)} follows no other branch.`,
      );
    case 'following': {
      const unfetched = await fetchInto(worktree, fetcher, standing, request);
      return unfetched ?? afterFetch(worktree, fetcher, request);
    }
  }
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

function notFetched(worktree: Worktree, local: string, { because, words }: NotFetched): SyncOutcome {
  return { ...left(worktree, 'not_fetched', local, `${because.replaceAll('_', ' ')}: ${words}`), because };
}

/** The fetch may have taken its time: everything is read again. */
async function afterFetch(worktree: Worktree, fetcher: Fetcher, request: SyncRequest): Promise<SyncOutcome> {
  const standing = await standingOf(worktree);
  if (standing.kind !== 'following') {
    throw new BelayError('branch_moved', 'The worktree was switched to something else meanwhile.');
  }
  const { upstream: ref, local, branch } = standing;
  const [tip] = await worktree.plumbing.infos([ref]);
  if (tip === undefined) {
    return left(worktree, 'no_upstream', local, `What ${shortName(branch)} follows is gone (${ref}).`);
  }
  const upstream = tip.oid;
  if (upstream === local) {
    return { ...left(worktree, 'up_to_date', local, undefined), to: local };
  }
  const base = await mergeBase(worktree, local, upstream);
  if (base === upstream) {
    return { ...left(worktree, 'local_ahead', local, undefined), to: local };
  }
  const needed = {
    remote: standing.remote,
    target: upstream,
    base: base === local ? undefined : base,
    local,
  };
  const incomplete = await completeContents(worktree, fetcher, needed, limitsOf(request));
  if (incomplete !== undefined) {
    return notFetched(worktree, local, incomplete);
  }
  return base === local
    ? fastForward(worktree, standing, upstream, request)
    : recover(worktree, { following: standing, upstream }, request);
}

async function fastForward(
  worktree: Worktree,
  { branch, local }: Following,
  upstream: string,
  request: SyncRequest,
): Promise<SyncOutcome> {
  const { checkpoint, words } = await moveKeeping(
    worktree,
    { branch, from: local, to: upstream, how: `fast-forwarding to ${upstream.slice(0, 10)}` },
    request,
  );
  return { ...left(worktree, 'fast_forwarded', local, words), to: upstream, checkpoint };
}

/** The worktree was left as it is. */
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
    to: undefined,
    backup: undefined,
    dropped: [],
    checkpoint: undefined,
    decision: undefined,
    words,
  };
}
