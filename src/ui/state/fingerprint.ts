import type { SlowState } from '../../agents/slowState';
import type { Backup } from '../../backups/backup';
import type { Checkpoint } from '../../checkpoint/checkpoint';
import type { Decision } from '../../decisions/decision';
import type { Pin } from '../../fanout/pin';
import type { Session, WorktreeSummary } from '../../sessions/session';

/** The latest decision about each worktree, or why they could not be read. */
export interface Decisions {
  readonly all: readonly Decision[];
  readonly unreadable: { readonly thrown: unknown } | undefined;
  /** Answers that no window of this person is known to have given. */
  readonly unconfirmed: readonly Decision[];
}

/** What was read of a repository. */
export interface Held {
  readonly latest: Checkpoint | undefined;
  readonly head: string | undefined;
  readonly sessions: readonly Session[] | undefined;
  readonly worktrees: readonly WorktreeSummary[] | undefined;
  readonly decisions: Decisions;
  readonly backups: readonly Backup[] | undefined;
  readonly pins: readonly Pin[];
  readonly slow: SlowState | undefined;
}

/** The same for two readings between which no row would look different, but for times. */
export function faceOf({ latest: last, sessions, worktrees, decisions, backups, pins }: Held): string {
  const sessionFaces = (sessions ?? []).map(({ id, liveness: vital, lease, latest, stale }) =>
    [id, vital.state, vital.reason, lease?.token, latest?.oid, stale[0]?.oid, stale.length].join(' '),
  );
  const worktreeFaces = (worktrees ?? []).map(
    ({ key, root, branch, base, latest, locked, missing, lease, liveness: vital }) =>
      [key, root, branch, base, latest?.oid, locked, missing, lease?.token, vital?.state].join(' '),
  );
  return [
    last?.oid,
    worktrees === undefined,
    ...sessionFaces,
    ...worktreeFaces,
    decisions.unreadable !== undefined,
    ...decisions.all.map(({ version }) => version),
    ...decisions.unconfirmed.map(({ version }) => `unconfirmed ${version}`),
    backups === undefined,
    ...(backups ?? []).map(({ ref, at, number }) => `${ref} ${at} ${number}`),
    ...pins.map(({ version }) => version),
  ].join('\n');
}
