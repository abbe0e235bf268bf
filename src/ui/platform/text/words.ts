import * as vscode from 'vscode';
import type { Checkpoint, ChangeKind, UncoveredReason } from '../../../checkpoint/checkpoint';
import type { BlockedReason, PlannedPath } from '../../../restore/restoreRequest';
import { inertLine } from './inert';
import { plural } from './counts';

/** The first characters of an object id, enough for a person to compare. */
export function shortOid(oid: string): string {
  return oid.slice(0, 8);
}

/** `refs/heads/topic` as `topic`, inert. */
export function branchName(ref: string): string {
  return inertLine(ref.replace(/^refs\/heads\//, ''), 80);
}

/** Sentences as one text; an empty one is left out. */
export function sentences(...all: readonly string[]): string {
  return all.filter((sentence) => sentence !== '').join(' ');
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * A session id short enough for a row, inert; the whole id is in the tooltip. Of a UUID both ends are kept: where it
 * begins with the time, two sessions of one minute begin alike.
 */
export function sessionName(id: string): string {
  return uuid.test(id) ? `${id.slice(0, 8)}…${id.slice(-4)}` : inertLine(id, 32);
}

/** What a checkpoint is called in a row: its message, or its step where it has none. */
export function checkpointTitle(checkpoint: Checkpoint): string {
  const firstLine = inertLine(checkpoint.message.split('\n', 1)[0] ?? '', 100);
  return firstLine === '' ? vscode.l10n.t('Checkpoint {0}', checkpoint.step) : firstLine;
}

/** "1 checkpoint", "3 checkpoints". */
export function checkpointCount(count: number): string {
  if (count === 0) {
    return vscode.l10n.t('no checkpoint yet');
  }
  return plural(count, 'checkpoint');
}

export function changeWord(kind: ChangeKind): string {
  return {
    added: vscode.l10n.t('added'),
    modified: vscode.l10n.t('modified'),
    deleted: vscode.l10n.t('deleted'),
    type_changed: vscode.l10n.t('type changed'),
  }[kind];
}

/** Why a path is not in a checkpoint. */
export function uncoveredWord(reason: UncoveredReason): string {
  return {
    too_large: vscode.l10n.t('larger than the size limit'),
    total_exceeded: vscode.l10n.t('beyond the total size limit'),
    too_many: vscode.l10n.t('beyond the limit on the number of files'),
    nested_repository: vscode.l10n.t('a repository of its own'),
    submodule: vscode.l10n.t('a submodule'),
    unreadable: vscode.l10n.t('could not be read'),
    filter_failed: vscode.l10n.t('its git filter failed'),
    too_slow: vscode.l10n.t('takes too long to store; it is stored afterwards'),
    ignored: vscode.l10n.t('ignored by git'),
    worktree_not_looked_at: vscode.l10n.t('another worktree that could not be scanned in time'),
    ignored_before: vscode.l10n.t('left out by an ignore rule, before or now'),
  }[reason];
}

/**
 * Whether leaving a path out for this reason deserves a warning. Submodules and what is, or was, ignored are left out by
 * design and for good: a warning that never goes away is one that nobody reads.
 */
export function isWorrying(reason: UncoveredReason): boolean {
  switch (reason) {
    case 'submodule':
    case 'ignored':
    case 'ignored_before':
      return false;
    case 'too_large':
    case 'total_exceeded':
    case 'too_many':
    case 'nested_repository':
    case 'unreadable':
    case 'filter_failed':
    case 'worktree_not_looked_at':
    case 'too_slow':
      return true;
  }
}

/** Why a restore cannot touch a path. */
export function blockedWord(reason: BlockedReason): string {
  return {
    submodule: vscode.l10n.t('a submodule keeps its own history'),
    blocked_by_folder: vscode.l10n.t('a folder with other files is in the way'),
    blocked_by_link: vscode.l10n.t('a symbolic link on the way there leads elsewhere'),
    uncaptured_in_the_way: vscode.l10n.t('a file that is in no checkpoint is in the way'),
    special_file_in_the_way: vscode.l10n.t('a named pipe, socket or device is in the way'),
    other_side_left: vscode.l10n.t('the other half of this change is not restored'),
    changed_meanwhile: vscode.l10n.t('it changed while it was being restored'),
    write_failed: vscode.l10n.t('it could not be written'),
  }[reason];
}

/** Why a restore leaves a path alone unless it is ticked; undefined where nothing speaks against it. */
export function cautionWord(planned: PlannedPath): string | undefined {
  switch (planned.caution) {
    case undefined:
      return undefined;
    case 'drifted':
      return vscode.l10n.t('changed since the last checkpoint');
    case 'other_session':
      return planned.writtenBy === undefined
        ? vscode.l10n.t('written last by another session')
        : vscode.l10n.t('written last by session {0}', sessionName(planned.writtenBy));
  }
}
