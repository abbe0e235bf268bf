import { openCalls } from '../backups/calls';
import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import { listWorktrees, type ListedWorktree } from '../git/worktreeList';
import { openGuard } from '../leases/guard';
import type { Network } from '../network/network';
import { sessionsToHold } from '../sync/ask';
import { limitsOf } from '../sync/request';
import { fanOut } from './fanout';
import type { FanOutOutcome } from './fanOutOutcome';
import { listPins, pinHistory, setPin, type Pin } from './pin';
import type { FanOutRequest } from './request';
import { pinState } from './pinState';

/** What is asked of remotes here. */
type Remotes = Pick<Network, 'fetch' | 'listRemote'>;

/** A worktree that was not brought along, and is behind now. */
export interface LeftBehind {
  readonly worktree: string;
  readonly root: string;
  readonly why:
    | 'uncommitted'
    | 'live_session'
    | 'operation'
    | 'decision'
    | 'missing'
    | 'half_filled'
    /** Its HEAD is no commit that the pin was at, and its branch does not follow the reference. */
    | 'elsewhere';
}

/** What has become of a pin that follows a reference. */
export interface Followed {
  readonly pin: Pin;
  /** Where it was. */
  readonly before: Pin;
  /** `gone`: there is no such reference any more, here or at its remote; the pin stays where it is. */
  readonly what: 'moved' | 'gone';
  /** The worktrees that were free, each looked at afterwards. */
  readonly brought: readonly FanOutOutcome[];
  readonly behind: readonly LeftBehind[];
}

/** Notes which remotes were fetched from, for {@link followPins}. */
export class NotingFetcher implements Remotes {
  readonly fetched = new Set<string>();

  constructor(private readonly network: Remotes) {}

  async fetch(...asked: Parameters<Remotes['fetch']>): ReturnType<Remotes['fetch']> {
    const [, remote, options] = asked;
    const outcome = await this.network.fetch(...asked);
    if (outcome.kind === 'done' && options?.objects === undefined) {
      this.fetched.add(remote);
    }
    return outcome;
  }

  listRemote(...asked: Parameters<Remotes['listRemote']>): ReturnType<Remotes['listRemote']> {
    return this.network.listRemote(...asked);
  }
}

/**
 * After remotes were fetched from: resolves the reference of each pin that follows one from there, once. Where it has moved, by
 * force or not, the pin goes there by compare-and-swap, and the worktrees that were on the pin, or whose branch follows that very
 * reference, are brought to exactly that commit, if nothing in them is uncommitted and no session is live there: nothing that
 * anybody works on is touched without being asked. The others are named.
 * @param fetched The remotes. A pin on a branch of this repository that follows none is looked at in any case.
 * @returns what there is to say; nothing of a pin that is where its reference is.
 * @throws BelayError `ref_unreadable`, `publish_failed`; LeaseError.
 */
export async function followPins(
  worktree: Worktree,
  network: Remotes,
  fetched: ReadonlySet<string>,
  request: FanOutRequest,
): Promise<Followed[]> {
  const pins = (await listPins(worktree)).filter(
    ({ follows, ref, remote }) =>
      follows && ref !== undefined && (remote === undefined || fetched.has(remote)),
  );
  const told: Followed[] = [];
  for (const pin of pins) {
    const followed = await follow(worktree, network, pin, request);
    told.push(...(followed === undefined ? [] : [followed]));
  }
  return told;
}

async function follow(
  worktree: Worktree,
  network: Remotes,
  before: Pin,
  request: FanOutRequest,
): Promise<Followed | undefined> {
  const { ref = '' } = before;
  const [found] = await worktree.plumbing.infos([`${ref}^{commit}`]);
  if (found === undefined || (await isGoneThere(worktree, network, before, request))) {
    return { pin: before, before, what: 'gone', brought: [], behind: [] };
  }
  if (found.oid === before.commit) {
    return undefined;
  }
  const pin = await move(worktree, before, found.oid, request);
  if (pin === undefined) {
    return undefined;
  }
  const earlier = new Set((await pinHistory(worktree, before)).map(({ commit }) => commit));
  const behind: LeftBehind[] = [];
  const free: string[] = [];
  const listed = (await listWorktrees(worktree)).filter(({ bare }) => !bare);
  for (const one of listed.filter(({ head }) => head !== pin.commit)) {
    const why = await whyNot(worktree, one, pin, earlier);
    if (why === undefined) {
      free.push(one.key);
    } else {
      behind.push({ worktree: one.key, root: one.root, why });
    }
  }
  const brought =
    free.length === 0
      ? []
      : await fanOut(worktree, pin, [{ repository: worktree, keys: free }], network, request);
  return { pin, before, what: 'moved', brought, behind };
}

/** @returns undefined where others have set or removed the pin in between: it is theirs to say where it goes. */
async function move(
  worktree: Worktree,
  before: Pin,
  commit: string,
  { session, agent, leases }: FanOutRequest,
): Promise<Pin | undefined> {
  try {
    const guard = await openGuard(worktree, { leases });
    return await setPin(worktree, guard, { ...before, commit, session, agent }, { version: before.version });
  } catch (thrown) {
    if (thrown instanceof BelayError && thrown.reason === 'pin_moved') {
      return undefined;
    }
    throw thrown;
  }
}

/**
 * A fetch leaves what it knew of a branch that the remote has no more, so the remote is asked by name. Where it cannot be asked,
 * or its branches are fetched to other names than usual, nothing is claimed.
 */
async function isGoneThere(
  worktree: Worktree,
  network: Remotes,
  { ref = '', remote }: Pin,
  request: FanOutRequest,
): Promise<boolean> {
  const prefix = `refs/remotes/${remote ?? ''}/`;
  if (remote === undefined || !ref.startsWith(prefix)) {
    return false;
  }
  const refspecs = await worktree.git.run({
    args: ['config', '--get-all', `remote.${remote}.fetch`],
    cwd: worktree.root,
    answers: [1],
  });
  const usual = `refs/heads/*:${prefix}*`;
  const lines = refspecs.stdout.toString('utf8').split('\n');
  if (!lines.some((line) => line.replace(/^\+/, '') === usual)) {
    return false;
  }
  const name = `refs/heads/${ref.slice(prefix.length)}`;
  const listed = await network.listRemote(worktree, remote, { ...limitsOf(request), patterns: [name] });
  return listed.kind === 'done' && !listed.value.has(name);
}

/** Why a worktree stays where it is; undefined for one that is brought along. */
async function whyNot(
  worktree: Worktree,
  listed: ListedWorktree,
  pin: Pin,
  earlier: ReadonlySet<string>,
): Promise<LeftBehind['why'] | undefined> {
  const { key, head, branch } = listed;
  const state = await pinState(worktree, listed, pin.commit);
  if (state.missing) {
    return 'missing';
  }
  if (state.halfFilled !== undefined) {
    return 'half_filled';
  }
  if (state.operation !== undefined) {
    return 'operation';
  }
  if (state.held !== undefined) {
    return 'decision';
  }
  const wasThere = head !== undefined && earlier.has(head);
  if (!wasThere && !(state.position === 'behind' && (await upstreamOf(worktree, branch)) === pin.ref)) {
    return 'elsewhere';
  }
  if (state.dirty) {
    return 'uncommitted';
  }
  const [sessions, calls] = await Promise.all([
    sessionsToHold(worktree, key),
    openCalls(worktree.repository),
  ]);
  return sessions.length > 0 || calls.some((call) => call.worktree === key) ? 'live_session' : undefined;
}

async function upstreamOf(worktree: Worktree, branch: string | undefined): Promise<string | undefined> {
  if (branch === undefined) {
    return undefined;
  }
  const text = await worktree.git.text({
    args: ['for-each-ref', '--format=%(refname)%00%(upstream)', branch],
    cwd: worktree.root,
  });
  const rows = text.split('\n').map((line) => line.split('\0'));
  return rows.find(([name]) => name === branch)?.[1];
}
