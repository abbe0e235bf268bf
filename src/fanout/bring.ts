import type { Worktree } from '../git/worktree';
import type { NetworkOutcome } from '../network/networkOutcome';
import { resolveRemote } from '../network/remote';
import { limitsOf, type SyncRequest } from '../sync/request';
import type { Pin } from './pin';
import { isHere, remotesOf, type Fetcher } from './resolve';

/**
 * Whether the pinned commit could be had. `unavailable`: the remote answered, and does not give it; only this leads to the
 * fallback. `not_fetched`: the remote was not reached.
 */
export type Brought =
  | { readonly kind: 'here' }
  | { readonly kind: 'unavailable' | 'not_fetched' | 'cancelled'; readonly message: string };

/**
 * Makes sure that the very commit of a pin is in a repository, which may be another clone than the one that has the pin. It is
 * asked for by its id, and no reference moves; where a server gives out only what its branches name, those are fetched, and
 * the commit is looked for in what came.
 * @param home The repository of the pin.
 */
export async function bringCommit(
  worktree: Worktree,
  pin: Pin,
  home: Worktree,
  fetcher: Fetcher,
  request: SyncRequest,
): Promise<Brought> {
  if (await isHere(worktree, pin.commit)) {
    return { kind: 'here' };
  }
  const short = pin.commit.slice(0, 10);
  const remote = await sameRemote(worktree, pin, home);
  if (remote === undefined) {
    return {
      kind: 'unavailable',
      message: `The pinned ${short} is not here, and there is no remote to ask.`,
    };
  }
  const options = limitsOf(request);
  const byId = await fetcher.fetch(worktree, remote, { ...options, objects: [pin.commit] });
  if (byId.kind === 'not_done' && byId.reason !== 'failed') {
    return notReached(byId);
  }
  if (await isHere(worktree, pin.commit)) {
    return { kind: 'here' };
  }
  const all = await fetcher.fetch(worktree, remote, options);
  if (all.kind === 'not_done') {
    return notReached(all);
  }
  return (await isHere(worktree, pin.commit))
    ? { kind: 'here' }
    : { kind: 'unavailable', message: `${remote} has no commit ${short} to give.` };
}

function notReached(outcome: Extract<NetworkOutcome<void>, { kind: 'not_done' }>): Brought {
  return {
    kind: outcome.reason === 'cancelled' ? 'cancelled' : 'not_fetched',
    message: `${outcome.reason.replaceAll('_', ' ')}: ${outcome.message}`,
  };
}

/** The remote that is, by its address, the one that the pin is from; else the one of that name; else the first. */
async function sameRemote(worktree: Worktree, pin: Pin, home: Worktree): Promise<string | undefined> {
  const names = await remotesOf(worktree);
  if (pin.remote !== undefined) {
    const { id } = await resolveRemote(home, pin.remote, 'fetch');
    for (const name of names) {
      if ((await resolveRemote(worktree, name, 'fetch')).id === id) {
        return name;
      }
    }
  }
  return names.find((name) => name === pin.remote) ?? names[0];
}
