import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { BelayError } from '../errors';
import { whenMissing } from '../git/diskErrors';
import { readHead, readOperation } from '../git/head';
import { gitDirOf, type Worktree } from '../git/worktree';
import { listWorktrees } from '../git/worktreeList';

/** The branch that a worktree is on. */
export interface OnBranch {
  /** `refs/heads/...` */
  readonly branch: string;
  /** The branch's commit. */
  readonly local: string;
}

/** The branch that a worktree is on, and what it follows. */
export interface Following extends OnBranch {
  readonly kind: 'following';
  /** The tracking reference of its upstream (`refs/remotes/...`, or a local branch). */
  readonly upstream: string;
  /** The remote to fetch from; undefined when the upstream is a branch of this repository. */
  readonly remote: string | undefined;
  /** What the remote itself calls the upstream (`refs/heads/...`). */
  readonly remoteRef: string;
}

/** Where a worktree is: on a branch, on a commit without one, or in the middle of something. */
export type HeadPosition =
  | (OnBranch & { readonly kind: 'on_branch' })
  | { readonly kind: 'in_progress'; readonly operation: string; readonly local: string | undefined }
  | { readonly kind: 'detached'; readonly local: string | undefined };

/** Where a worktree stands for a sync: on a branch with an upstream, or why it is left alone. */
export type WorktreeState =
  | Following
  | Exclude<HeadPosition, { readonly kind: 'on_branch' }>
  | (OnBranch & { readonly kind: 'no_upstream' });

/**
 * Says where a worktree is. Changes nothing.
 * @throws BelayError `unborn_branch`, `branch_elsewhere` when another worktree is on the same branch, `sparse_checkout`.
 */
export async function readHeadPosition(worktree: Worktree): Promise<HeadPosition> {
  const [operation, head] = await Promise.all([operationIn(worktree), readHead(worktree)]);
  if (operation !== undefined) {
    return { kind: 'in_progress', operation, local: head.oid };
  }
  const { branch, oid: local } = head;
  if (branch === undefined) {
    return { kind: 'detached', local };
  }
  if (local === undefined) {
    throw new BelayError('unborn_branch', `The branch ${shortName(branch)} has no commit yet.`);
  }
  await requireNotElsewhere(worktree, branch);
  await requireWhole(worktree);
  return { kind: 'on_branch', branch, local };
}

/** @throws BelayError `sparse_checkout`. */
export async function requireWhole(worktree: Worktree): Promise<void> {
  const sparse = await worktree.git.run({
    args: ['config', '--type=bool', '--get', 'core.sparseCheckout'],
    cwd: worktree.root,
    answers: [1],
  });
  if (sparse.stdout.toString('ascii').trim() === 'true') {
    throw new BelayError('sparse_checkout', 'Only a part of this worktree is checked out.');
  }
}

/** As {@link readHeadPosition}, with what the branch follows. */
export async function readWorktreeState(worktree: Worktree): Promise<WorktreeState> {
  const place = await readHeadPosition(worktree);
  if (place.kind !== 'on_branch') {
    return place;
  }
  const { branch, local } = place;
  const followed = await followedBy(worktree, branch);
  return followed === undefined
    ? { kind: 'no_upstream', branch, local }
    : { kind: 'following', branch, local, ...followed };
}

/** What a branch follows, whether that is there or not; undefined where it follows nothing. */
export async function followedBy(
  worktree: Worktree,
  branch: string,
): Promise<Pick<Following, 'upstream' | 'remote' | 'remoteRef'> | undefined> {
  const format = '%(refname)%00%(upstream)%00%(upstream:remotename)%00%(upstream:remoteref)';
  const text = await worktree.git.text({
    args: ['for-each-ref', `--format=${format}`, branch],
    cwd: worktree.root,
  });
  const [, upstream = '', remote = '', remoteRef = ''] =
    text
      .split('\n')
      .map((line) => line.split('\0'))
      .find(([name]) => name === branch) ?? [];
  return upstream === ''
    ? undefined
    : { upstream, remote: remote === '' || remote === '.' ? undefined : remote, remoteRef };
}

/** Between two commits of a longer cherry-pick or revert, git keeps no more than its list. */
export async function operationIn(
  worktree: Parameters<typeof readOperation>[0],
): Promise<string | undefined> {
  const operation = await readOperation(worktree);
  const gitDir = gitDirOf(worktree.repository.commonDir, worktree.key);
  const listed =
    operation === undefined &&
    (await access(path.join(gitDir, 'sequencer', 'todo')).then(() => true, whenMissing(false)));
  return listed ? 'cherry-pick or revert' : operation;
}

/**
 * @param own The key of the worktree that may be on the branch.
 * @throws BelayError `branch_elsewhere`. A branch that is being rebased elsewhere looks detached there.
 */
export async function requireNotElsewhere(
  worktree: Worktree,
  branch: string,
  own = worktree.key,
): Promise<void> {
  const { commonDir } = worktree.repository;
  for (const { key, root, branch: checkedOut } of await listWorktrees(worktree)) {
    if (key === own) {
      continue;
    }
    const gitDir = gitDirOf(commonDir, key);
    const marks = ['rebase-merge/head-name', 'rebase-apply/head-name'].map((mark) =>
      readFile(path.join(gitDir, mark), 'utf8').catch(whenMissing('')),
    );
    if (checkedOut === branch || (await Promise.all(marks)).some((name) => name.trim() === branch)) {
      throw new BelayError(
        'branch_elsewhere',
        `The branch ${shortName(branch)} is also checked out, or being rebased, in ${root}.`,
      );
    }
  }
}

/** A branch as people call it. */
export function shortName(branch: string): string {
  return branch.replace(/^refs\/heads\//, '');
}
