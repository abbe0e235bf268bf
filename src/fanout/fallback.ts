import type { Worktree } from '../git/worktree';
import { isAncestor } from '../sync/ancestry';
import { moveKeeping } from '../sync/keep';
import type { SyncRequest } from '../sync/request';
import { shortName, readWorktreeState } from '../sync/worktreeState';
import type { Done } from './applyPin';

/**
 * What is done instead where the pinned commit cannot be had: the branch goes to its upstream's last known commit, where that
 * is a step forward. Nothing is rebased or reset for it, and the outcome is always `fell_back_to_upstream`, with the reason.
 * @param why The pinned commit cannot be had, in a sentence.
 */
export async function fallBack(worktree: Worktree, why: string, request: SyncRequest): Promise<Done> {
  const did = 'fell_back_to_upstream';
  const reason = 'pin_unavailable';
  const state = await readWorktreeState(worktree);
  switch (state.kind) {
    case 'in_progress':
      return { did: 'in_progress', message: `A ${state.operation} is under way.` };
    case 'detached':
      return { did, reason, message: `${why} It is on no branch, and was left where it is.` };
    case 'no_upstream':
      return { did, reason, message: `${why} Its branch follows no other, and was left where it is.` };
    case 'following':
  }
  const { branch, local, upstream } = state;
  const name = upstream.replace(/^refs\/(?:remotes|heads)\//, '');
  const [tip] = await worktree.plumbing.infos([upstream]);
  if (tip === undefined) {
    return { did, reason, message: `${why} What ${shortName(branch)} follows is gone (${name}).` };
  }
  if (tip.oid === local) {
    return { did, reason, message: `${why} It is where ${name} is.` };
  }
  if (!(await isAncestor(worktree, local, tip.oid))) {
    return { did, reason, message: `${why} It has commits that ${name} has not, and was left where it is.` };
  }
  const how = `fast-forwarding to ${tip.oid.slice(0, 10)}`;
  const moved = await moveKeeping(worktree, { branch, from: local, to: tip.oid, how }, request);
  return {
    did,
    reason,
    ...moved,
    message: `${why} It went to ${name} instead. ${moved.message ?? ''}`.trim(),
  };
}
