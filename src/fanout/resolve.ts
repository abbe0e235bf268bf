import { BelayError, throwIfCancelled } from '../errors';
import type { Worktree } from '../git/worktree';
import type { Network } from '../network/network';
import type { NetworkOptions, NetworkOutcome } from '../network/networkOutcome';

/** A commit, and what it was named by. From here on only the id is handed around. */
export interface Resolved {
  readonly commit: string;
  /** The given text: a branch, a tag, an id. */
  readonly source: string;
  /** The full name of the reference that it was; undefined for an id. */
  readonly ref: string | undefined;
  /** The remote that it is from, as far as that is known. */
  readonly remote: string | undefined;
}

/** The part of {@link Network} that is needed here. */
export type Fetcher = Pick<Network, 'fetch'>;

export interface ResolveRequest extends NetworkOptions {
  readonly source: string;
  /** Ask the remote first; where it cannot be reached, nothing is resolved. */
  readonly fetch: boolean;
}

/**
 * Resolves a name to a commit, once, and makes sure that the commit is here. With `fetch`, what its remote has now is
 * fetched first, and an id that is not here is asked for itself.
 * @throws BelayError `not_fetched` when the remote was not reached, `unresolved_commit`, `cancelled`.
 */
export async function resolveOnce(
  worktree: Worktree,
  network: Fetcher,
  request: ResolveRequest,
): Promise<Resolved> {
  const { source } = request;
  requireName(source);
  throwIfCancelled(request.signal, 'It was cancelled before the remote was asked.');
  const remote = await remoteOf(worktree, source);
  if (request.fetch) {
    if (remote === undefined) {
      throw new BelayError('not_fetched', 'This repository has no remote to fetch from.');
    }
    requireDone(await network.fetch(worktree, remote, options(request)));
  }
  const wanted = `${source}^{commit}`;
  let [found] = await worktree.plumbing.infos([wanted]);
  if (found === undefined && request.fetch && remote !== undefined && isFullId(source)) {
    const fetched = await network.fetch(worktree, remote, { ...options(request), objects: [source] });
    if (fetched.kind === 'not_done' && fetched.reason !== 'failed') {
      requireDone(fetched);
    }
    [found] = await worktree.plumbing.infos([wanted]);
  }
  if (found === undefined) {
    throw new BelayError('unresolved_commit', `${JSON.stringify(source)} is no commit that is here.`);
  }
  await requireWholeCommit(worktree, found.oid);
  return { commit: found.oid, source, ref: await fullName(worktree, source), remote };
}

/** Whether the commit and the tree that it stands for are here. */
export async function isHere(worktree: Worktree, commit: string): Promise<boolean> {
  const [object, tree] = await worktree.plumbing.infos([`${commit}^{commit}`, `${commit}^{tree}`]);
  return object !== undefined && tree !== undefined;
}

export function isFullId(text: string): boolean {
  return /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(text);
}

/** The remotes of a repository, `origin` first. */
export async function remotesOf(worktree: Worktree): Promise<string[]> {
  const text = await worktree.git.text({ args: ['remote'], cwd: worktree.root });
  const names = text.split('\n').filter((name) => name !== '');
  return names.sort((a, b) => Number(b === 'origin') - Number(a === 'origin'));
}

function options({ explicit, timeLimit, signal }: ResolveRequest): NetworkOptions {
  return {
    ...(explicit === undefined ? {} : { explicit }),
    ...(timeLimit === undefined ? {} : { timeLimit }),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** @throws BelayError `not_fetched`, `cancelled`. */
export function requireDone(outcome: NetworkOutcome<unknown>): void {
  if (outcome.kind === 'not_done') {
    throw new BelayError(
      outcome.reason === 'cancelled' ? 'cancelled' : 'not_fetched',
      `${outcome.reason.replaceAll('_', ' ')}: ${outcome.message}`,
    );
  }
}

/** @throws BelayError `unresolved_commit` for what git would take for an option, or for more than one name. */
function requireName(source: string): void {
  // eslint-disable-next-line no-control-regex -- control characters are what must not get in
  if (source === '' || source.startsWith('-') || /[\u0000-\u001f\u007f]/.test(source)) {
    throw new BelayError('unresolved_commit', `${JSON.stringify(source.slice(0, 80))} cannot name a commit.`);
  }
}

async function requireWholeCommit(worktree: Worktree, commit: string): Promise<void> {
  if (!(await isHere(worktree, commit))) {
    throw new BelayError(
      'unresolved_commit',
      `Commit ${commit.slice(0, 10)} is incomplete in this shallow or partial clone.`,
    );
  }
}

/** The full name of what a committish names; undefined for an id, and for what is no single reference. */
async function fullName(worktree: Worktree, source: string): Promise<string | undefined> {
  const output = await worktree.git.run({
    args: ['rev-parse', '--verify', '--quiet', '--symbolic-full-name', source],
    cwd: worktree.root,
    answers: [1, 128],
  });
  const name = output.stdout.toString('utf8').trim();
  return output.exitCode === 0 && name.startsWith('refs/') ? name : undefined;
}

/**
 * The remote that a name is from: that of a remote branch, that which a local branch follows; for anything else that which
 * this worktree's branch follows, else `origin`, else the only one.
 */
async function remoteOf(worktree: Worktree, source: string): Promise<string | undefined> {
  const remotes = await remotesOf(worktree);
  const ref = await fullName(worktree, source);
  const path = (ref ?? source).replace(/^refs\/remotes\//, '');
  const longestFirst = [...remotes].sort((a, b) => b.length - a.length);
  const named = longestFirst.find((remote) => path.startsWith(`${remote}/`));
  if (named !== undefined && ref?.startsWith('refs/heads/') !== true) {
    return named;
  }
  for (const branch of [ref, 'HEAD']) {
    const followed = branch === undefined ? undefined : await followedRemote(worktree, branch);
    if (followed !== undefined && remotes.includes(followed)) {
      return followed;
    }
  }
  return remotes.includes('origin') || remotes.length === 1 ? remotes[0] : undefined;
}

async function followedRemote(worktree: Worktree, branch: string): Promise<string | undefined> {
  const head = branch === 'HEAD' ? await fullName(worktree, 'HEAD') : branch;
  if (head?.startsWith('refs/heads/') !== true) {
    return undefined;
  }
  const text = await worktree.git.text({
    args: ['for-each-ref', '--format=%(refname)%00%(upstream:remotename)', head],
    cwd: worktree.root,
  });
  const rows = text.split('\n').map((line) => line.split('\0'));
  const [, remote = ''] = rows.find(([name]) => name === head) ?? [];
  return remote === '' ? undefined : remote;
}
