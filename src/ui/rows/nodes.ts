import type * as vscode from 'vscode';
import type { Checkpoint, FileChange, Uncovered } from '../../checkpoint/model';
import type { Session, WorktreeSummary } from '../../sessions/model';
import type { PinStanding } from '../state/pinPosition';
import type { RepositoryModel } from '../state/repositoryModel';

/*
 * What the rows of the views stand for. Each knows its parent, so that a row can be revealed, and has an id that stays
 * the same for the same thing, so that a refresh keeps what is selected and expanded.
 */

export class RepositoryNode {
  readonly parent = undefined;
  readonly id: string;

  constructor(readonly model: RepositoryModel) {
    this.id = `repository:${model.commonDir}`;
  }
}

/** Stands for the sessions of a repository for which nobody writes any more, so that they are out of the way. */
export class EndedNode {
  readonly id: string;

  constructor(
    readonly model: RepositoryModel,
    readonly sessions: readonly Session[],
    readonly parent: RepositoryNode | undefined,
  ) {
    this.id = `ended:${model.commonDir}`;
  }
}

export class SessionNode {
  readonly id: string;

  constructor(
    readonly model: RepositoryModel,
    readonly session: Session,
    readonly parent: RepositoryNode | EndedNode | undefined,
  ) {
    this.id = `session:${model.commonDir}:${session.id}`;
  }
}

export class WorktreeNode {
  readonly id: string;

  constructor(
    readonly model: RepositoryModel,
    readonly summary: WorktreeSummary,
    readonly parent: RepositoryNode | undefined,
    /** How it stands to the pin, where there is one and it is known already. */
    readonly standing?: PinStanding,
  ) {
    this.id = `worktree:${model.commonDir}:${summary.key}`;
  }
}

export class CheckpointNode {
  readonly id: string;

  constructor(
    readonly model: RepositoryModel,
    readonly checkpoint: Checkpoint,
    readonly parent: SessionNode | WorktreeNode,
    /** Of a stale checkpoint, how many files its writer tried to save. */
    readonly saved?: number,
  ) {
    this.id = `${parent.id}:${checkpoint.oid}`;
  }
}

export class FileNode {
  readonly id: string;

  constructor(
    readonly model: RepositoryModel,
    readonly change: FileChange,
    readonly parent: CheckpointNode,
  ) {
    this.id = `${parent.id}:file:${change.path}`;
  }

  get checkpoint(): Checkpoint {
    return this.parent.checkpoint;
  }
}

/** A path that a checkpoint does not hold. */
export class UncoveredNode {
  readonly id: string;

  constructor(
    readonly model: RepositoryModel,
    readonly uncovered: Uncovered,
    readonly parent: CheckpointNode,
  ) {
    this.id = `${parent.id}:uncovered:${uncovered.path}`;
  }
}

/** Stands for rows that are not shown: older checkpoints, or uncovered paths beyond those that were recorded. */
export class MoreNode {
  readonly id: string;

  constructor(
    readonly model: RepositoryModel,
    readonly parent: SessionNode | CheckpointNode,
    /** How many there are, where that is known. */
    readonly count: number | undefined,
  ) {
    this.id = `${parent.id}:more`;
  }
}

/** Stands for rows that could not be read. */
export class FailureNode {
  readonly id: string;

  constructor(
    readonly parent: TreeNode | undefined,
    readonly thrown: unknown,
  ) {
    this.id = `${parent?.id ?? 'view'}:failure`;
  }
}

export type TreeNode =
  | RepositoryNode
  | EndedNode
  | SessionNode
  | WorktreeNode
  | CheckpointNode
  | FileNode
  | UncoveredNode
  | MoreNode
  | FailureNode
  | SelfDrawnNode;

/** A row that says itself what it looks like, so that the views need not know every kind of row. */
export abstract class SelfDrawnNode {
  /** Begins with the id of its parent, and stays the same for the same thing. */
  abstract readonly id: string;
  abstract readonly parent: TreeNode | undefined;

  /** Reads nothing: rows are drawn again and again. */
  abstract item(): vscode.TreeItem;

  /** What hovering over it tells; it may be read only then. */
  tooltip(): Promise<vscode.MarkdownString | undefined> {
    return Promise.resolve(undefined);
  }

  /** The rows below it. */
  children(): Promise<TreeNode[]> {
    return Promise.resolve([]);
  }
}
