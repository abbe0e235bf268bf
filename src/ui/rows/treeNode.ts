import type * as vscode from 'vscode';
import type { Backup } from '../../backups/backup';
import type { Checkpoint } from '../../checkpoint/checkpoint';
import type { GitPath } from '../../git/path';
import type { Dialogs } from '../platform/dialogs';
import type { RepositoryModel } from '../state/repositoryModel';

/** A checkpoint in one of the window's repositories. */
export interface Target {
  readonly model: RepositoryModel;
  readonly checkpoint: Checkpoint;
}

/** A backup in one of the window's repositories. */
export interface ChosenBackup {
  readonly model: RepositoryModel;
  readonly backup: Backup;
}

/** A file as a commit has it that was dropped. */
export interface DroppedFile {
  readonly model: RepositoryModel;
  readonly commit: string;
  readonly path: GitPath;
}

/** What is known already, or is read first. */
type Now<T> = T | Promise<T>;

/**
 * A row of the views: it says itself what it looks like and what is below it, so that the views know no kind of row. It knows
 * its parent, so that it can be revealed. What commands of several features ask of a row is an optional method here, which a row
 * has that can answer; a command of one feature asks for the feature's own class instead.
 */
export abstract class TreeNode {
  abstract readonly parent: TreeNode | undefined;

  /** @param id Stays the same for the same thing, so that a refresh keeps what is selected and expanded. */
  constructor(readonly id: string) {}

  /** Reads nothing: rows are drawn again and again. */
  abstract item(): vscode.TreeItem;

  /** What hovering over it tells, undefined where the row says it all; it may be read only then. */
  tooltip(): Now<vscode.MarkdownString | undefined> {
    return undefined;
  }

  /** The rows below it. */
  children(): Now<TreeNode[]> {
    return [];
  }

  /** The checkpoint that commands on it are about; undefined where there is none yet. */
  target?(): Target | undefined;

  /** The backups that commands on it are about. */
  keptIn?(): readonly ChosenBackup[];

  /** The file that a restore on it is about. */
  droppedFile?(): DroppedFile;

  /** Opens what changed, where that is something else than all of the {@link target}. */
  diff?(dialogs: Dialogs): Promise<void>;
}
