import type { ChangeKind } from '../../checkpoint/checkpoint';
import type { Standing } from '../state/leaseRelation';

/*
 * What rows are to VS Code: menus are chosen by it, the manifest's (menus.ts builds its conditions from this list) and those that
 * people have made for themselves, so a value that was released stays as it is. Nothing here needs the editor: the manifest is
 * written from it.
 */

const standings = ['own', 'mine', 'held', 'left', 'free', 'over'] as const satisfies readonly Standing[];
const changes = ['added', 'modified', 'deleted', 'type_changed'] as const satisfies readonly ChangeKind[];
const presences = ['there', 'waits', 'missing'] as const;

/** Whether the folder of a worktree is there, and whether something waits for the person in it. */
type Presence = (typeof presences)[number];

const single = [
  'agent.apart',
  'agent.connected',
  'agentFile',
  'agentNote',
  'answer',
  'backup',
  'backupContents',
  'backupKind',
  'backupSubject',
  'decision',
  'droppedCommit',
  'ended',
  'failure',
  'more',
  'network',
  'notice',
  'pin',
  'repository',
  'stagedConflict',
  'stagedState',
  'uncovered',
  'uncovered.ignored',
  'uncoveredMore',
] as const;

export const checkpointRows = [
  'checkpoint',
  'checkpoint.staged',
  'checkpoint.stale',
  'checkpoint.stale.staged',
] as const;

const sessions = standings.map((standing) => `session.${standing}` as const);
const files = changes.map((kind) => `file.${kind}` as const);
const stagedFiles = changes.map((kind) => `stagedFile.${kind}` as const);
const droppedFiles = changes.map((kind) => `droppedFile.${kind}` as const);
const worktrees = presences.flatMap((presence) =>
  (['', 'linked.'] as const).flatMap((linked) =>
    standings.map((standing) => `worktree.${presence}.${linked}${standing}` as const),
  ),
);

/** Every context value of a row. A new kind of row adds its own. */
export const contextValues = [
  ...single,
  ...checkpointRows,
  ...sessions,
  ...files,
  ...stagedFiles,
  ...droppedFiles,
  ...worktrees,
];

export type ContextValue = (typeof contextValues)[number];

/** What the rows of files are of: a checkpoint, its staged state, a dropped commit. */
export type FileRow = 'file' | 'stagedFile' | 'droppedFile';

/** A value that is the same whatever its row stands for. */
export function contextValue(value: (typeof single)[number]): ContextValue {
  return value;
}

/** @param stale Whether its writer had been fenced off. @param staged Whether it holds a staged state. */
export function checkpointContext(stale: boolean, staged: boolean): ContextValue {
  const value = stale ? 'checkpoint.stale' : 'checkpoint';
  return staged ? `${value}.staged` : value;
}

export function sessionContext(standing: Standing): ContextValue {
  return `session.${standing}`;
}

export function fileContext(row: FileRow, kind: ChangeKind): ContextValue {
  return `${row}.${kind}`;
}

/** @param linked Whether it is not the main one. */
export function worktreeContext(presence: Presence, linked: boolean, standing: Standing): ContextValue {
  return `worktree.${presence}.${linked ? 'linked.' : ''}${standing}`;
}

/** The rows of worktrees that are all of this; what is not named may be anything. */
export function worktreeRows(
  which: { presence?: readonly Presence[]; linked?: true; standing?: readonly Standing[] } = {},
): readonly ContextValue[] {
  return (which.presence ?? presences).flatMap((presence) =>
    (which.linked === true ? [true] : [false, true]).flatMap((linked) =>
      (which.standing ?? standings).map((standing) => worktreeContext(presence, linked, standing)),
    ),
  );
}

/** The rows of files that were changed like this, or in any way. */
export function fileRows(row: FileRow, kinds: readonly ChangeKind[] = changes): readonly ContextValue[] {
  return kinds.map((kind) => fileContext(row, kind));
}

export function sessionRows(...which: readonly Standing[]): readonly ContextValue[] {
  return which.map(sessionContext);
}
