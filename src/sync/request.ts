import type { Worktree } from '../git/worktree';
import type { NotDone } from '../network/networkOutcome';

/** What to do with a branch whose commits cannot be rebased: ask a person first, or reset and have it acknowledged. */
export type OnConflict = 'ask' | 'reset';

export interface SyncRequest {
  /** Who syncs. */
  readonly session: string;
  readonly agent: string;
  /** The tokens that they hold. */
  readonly leases?: readonly string[] | undefined;
  readonly onConflict: OnConflict;
  /** A person asked for it now: a remote that failed lately is tried all the same. */
  readonly explicit?: boolean;
  /** For the network, in milliseconds; 0 means none. */
  readonly timeLimit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Why a fetch did not take place, or did not end well: a word for programs and a sentence for people. */
export interface NotFetched {
  readonly kind: 'not_done';
  readonly reason: NotDone;
  readonly message: string;
}

/** How a fetch ended, as far as a sync must know. */
export type Fetched = { readonly kind: 'done' } | NotFetched;

export interface FetchLimits {
  readonly explicit?: boolean;
  readonly timeLimit?: number;
  readonly signal?: AbortSignal;
}

/** Fetches from a remote within bounds; see {@link ../network}. */
export interface Fetcher {
  /** What the remote's configuration says, or, where `objects` are named, exactly those. */
  fetch(
    worktree: Worktree,
    remote: string,
    options: FetchLimits & { readonly objects?: readonly string[] },
  ): Promise<Fetched>;
  /** What the remote has now, of the references that match (git-ls-remote(1)). */
  listRemote(
    worktree: Worktree,
    remote: string,
    options: FetchLimits & { readonly patterns: readonly string[] },
  ): Promise<{ readonly kind: 'done'; readonly value: ReadonlyMap<string, string> } | NotFetched>;
}

/** As much of a {@link Fetcher} as brings objects here. */
export type ObjectFetcher = Pick<Fetcher, 'fetch'>;

/** The limits that a request puts on the network. */
export function limitsOf(request: SyncRequest): FetchLimits {
  return {
    explicit: request.explicit === true,
    ...(request.timeLimit === undefined ? {} : { timeLimit: request.timeLimit }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  };
}
