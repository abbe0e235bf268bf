/** What a person is asked about. */
export type DecisionCase =
  /** Belay reset the branch to its upstream because its commits could not be rebased. */
  | 'diverged_recovered_by_reset'
  /** The branch's commits cannot be rebased; the branch was left where it was. */
  | 'diverged_held'
  /** Rebase and reset both failed. */
  | 'reset_failed'
  /** A branch was reset, moved or deleted outside Belay and lost commits. */
  | 'external_reset';

export const decisionOptions = [
  'continue',
  'abort',
  'reset_to_upstream',
  'keep_my_commits',
  'bring_my_commits_back',
] as const;

export type DecisionOption = (typeof decisionOptions)[number];

/** What may be answered in each case: nothing else is. */
export const optionsOf: Readonly<Record<DecisionCase, readonly DecisionOption[]>> = {
  diverged_recovered_by_reset: ['continue', 'bring_my_commits_back', 'abort'],
  diverged_held: ['keep_my_commits', 'reset_to_upstream', 'abort'],
  reset_failed: ['abort'],
  external_reset: ['continue', 'bring_my_commits_back', 'abort'],
};

/** Where an answer takes a reference; `HEAD` for one that is on no branch. */
export interface Bringing {
  readonly ref: string;
  /** Undefined when it was not there. */
  readonly from: string | undefined;
  readonly to: string;
}

export type Vanished = 'gone' | 'replaced';

/** What a window adds to an answer, both as base64. */
export interface Signature {
  /** The public half of the window's key, as RFC 8410 has it (SubjectPublicKeyInfo, DER). */
  readonly key: string;
  readonly value: string;
}

/** A question about a worktree that only a person may answer. */
export interface Decision {
  readonly id: string;
  /** The id of its record: what its reference must be for it to be answered. */
  readonly version: string;
  readonly worktree: string;
  /** The branch it is about (`refs/heads/...`); undefined when HEAD was detached. */
  readonly branch: string | undefined;
  readonly case: DecisionCase;
  readonly from: string;
  /** Undefined when the branch was deleted. */
  readonly to: string | undefined;
  /** The pin that it was to be brought to; undefined when that was its upstream, or nothing of Belay's. */
  readonly pin: string | undefined;
  readonly backups: readonly string[];
  /** The commits that the reset dropped, or would drop, newest first. */
  readonly dropped: readonly string[];
  /** How many there were beyond those named. */
  readonly droppedMore: number;
  /** The checkpoint that holds the worktree's state before. */
  readonly checkpoint: string | undefined;
  /** The sessions that are held until it is answered. */
  readonly sessions: readonly string[];
  readonly options: readonly DecisionOption[];
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** `outlived`: never answered, and the worktree that it is about was made anew since under the same name. */
  readonly status: 'pending' | 'answered' | 'outlived';
  /** When the worktree that it is about was made; undefined for the main one. */
  readonly worktreeBorn: string | undefined;
  readonly answer: DecisionOption | undefined;
  readonly answeredBy: string | undefined;
  readonly answeredAt: number | undefined;
  /** What the answer that brings commits back moves, or has moved: written down before the first of it is. */
  readonly bringing: readonly Bringing[];
  /** The machine that it was answered on, as the answer says. */
  readonly answeredOn: string | undefined;
  /** By which window of a person; undefined: it says of none. */
  readonly signature: Signature | undefined;
  /** The version of the record before this one. */
  readonly earlier: string | undefined;
  /** It was open, and is not where it was: no reference names it, or something that is no answer took its place. */
  readonly vanished: Vanished | undefined;
  /** Only what is remembered outside of git still knows of it. */
  readonly fromMemory: boolean;
  /** In one sentence, for people: what kept the commits from being rebased, or what was noticed. */
  readonly why: string;
}

/** What a question that waits has not. */
export const unanswered = {
  answer: undefined,
  answeredBy: undefined,
  answeredAt: undefined,
  answeredOn: undefined,
  signature: undefined,
} as const;
