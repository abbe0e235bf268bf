import type { Worktree } from '../git/worktree';

/** Why an operation has no result. */
export type NotDone =
  /** It outlived its limit and was ended. */
  | 'timed_out'
  /** The remote, the network or git refused. */
  | 'failed'
  /** Another operation on the same remote, of this process or another one, has not ended yet. */
  | 'still_running'
  /** The remote failed lately, and nobody asked explicitly. */
  | 'backing_off'
  | 'cancelled';

/**
 * How an operation ended. Not having reached a remote is an everyday outcome and no error; `message` is one line for
 * people, without credentials and control characters. `startedAt` is in milliseconds since the epoch.
 */
export type NetworkOutcome<T> =
  | { readonly kind: 'done'; readonly value: T; readonly startedAt: number }
  | { readonly kind: 'not_done'; readonly reason: NotDone; readonly message: string };

export interface NetworkLimits {
  /** How long one operation may take from its start, in milliseconds; 0 means without a limit. */
  readonly timeLimit: number;
  /** How many operations may run at once. */
  readonly maxOperations: number;
}

export type NetworkKind = 'fetch' | 'list' | 'push' | 'clone';

/** An operation that has been asked for and has not ended. */
export interface NetworkOperation {
  /** For {@link Network.cancel}. */
  readonly id: string;
  readonly kind: NetworkKind;
  /** The remote's name and URL on one line, without credentials and control characters. */
  readonly remote: string;
  /** `ending` means told to stop, or over, while processes of it are still there. */
  readonly state: 'waiting' | 'running' | 'ending';
  /** When it was started, or asked for while it waits: milliseconds since the epoch, for display. */
  readonly since: number;
  /** How long it has been since then, in milliseconds; no clock step moves it. */
  readonly elapsed: number;
  /** How long it may run, in milliseconds; 0 means without a limit. */
  readonly limit: number;
}

export interface NetworkOptions {
  /** A person asked for it: a remote that failed lately is tried all the same, and goes first. */
  readonly explicit?: boolean;
  /** Instead of the general limit, in milliseconds; 0 means without a limit. */
  readonly timeLimit?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface FetchOptions extends NetworkOptions {
  /** What to fetch; the remote's configured refspecs when left out. */
  readonly refspecs?: readonly string[];
  /** These objects instead, by their ids: commits, or what a partial clone lacks. Remotes may refuse to hand them out. */
  readonly objects?: readonly string[];
}

export interface ListOptions extends NetworkOptions {
  /** Only references that match one of these (git-ls-remote(1)). */
  readonly patterns?: readonly string[];
}

export interface CloneOptions extends Omit<NetworkOptions, 'explicit'> {
  readonly branch?: string;
  /** How many commits of history to get; all when left out. */
  readonly depth?: number;
  /** Leave the working folder empty. */
  readonly noCheckout?: boolean;
  readonly bare?: boolean;
}

export const defaultNetworkLimits: NetworkLimits = { timeLimit: 120_000, maxOperations: 10 };

/** The longest time a timer can wait, in milliseconds (Node fires longer ones at once). */
export const longestTime = 2_147_483_647;

/**
 * The limits as the repository's git configuration sets them: `belay.networkTimeout` in seconds, 0 for none, and
 * `belay.maxNetworkOperations`. Anything that is not a plain number counts as not set, so that a slip of the pen never
 * lifts a limit.
 */
export function configuredNetworkLimits(worktree: Worktree): NetworkLimits {
  const seconds = wholeNumber(worktree.config.get('belay.networktimeout'));
  const operations = wholeNumber(worktree.config.get('belay.maxnetworkoperations'));
  return {
    timeLimit:
      seconds === undefined ? defaultNetworkLimits.timeLimit : Math.min(seconds * 1_000, longestTime),
    maxOperations: Math.max(1, operations ?? defaultNetworkLimits.maxOperations),
  };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined;
}
