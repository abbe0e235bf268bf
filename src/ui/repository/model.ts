import * as vscode from 'vscode';
import { changesOf, readBlob } from '../../checkpoint/changes';
import { listCheckpoints } from '../../checkpoint/history';
import { configuredLimits } from '../../checkpoint/limits';
import type { Checkpoint, CheckpointResult, FileChange } from '../../checkpoint/model';
import { takeCheckpoint } from '../../checkpoint/take';
import { closeWorktree, type Worktree } from '../../git/worktree';
import type { Session, WorktreeSummary } from '../../sessions/model';
import { listSessions } from '../../sessions/sessions';
import { summarizeWorktrees } from '../../sessions/worktrees';
import { applyLimits } from '../settings';
import { Pages, type Page } from './pages';

/** Who the person in this window is, among the sessions. */
export interface EditorSession {
  readonly session: string;
  readonly agent: string;
}

/** What of a repository is on show, and so worth reading again when something changed. */
export interface Wanted {
  readonly sessions: boolean;
  readonly worktrees: boolean;
}

/** How many checkpoints' lists of files are kept. */
const keptChanges = 500;

/**
 * One worktree that is open in this window, with what was last read of its repository. It reads only on request;
 * {@link reload} replaces what it holds in one go, so that nobody sees half of a change.
 */
export class RepositoryModel {
  private readonly pages: Pages;
  private readonly changes = new Map<string, Promise<FileChange[]>>();
  private sessionsHeld: readonly Session[] | undefined;
  private worktreesHeld: readonly WorktreeSummary[] | undefined;
  private latestHeld: Checkpoint | undefined;

  constructor(
    readonly worktree: Worktree,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.pages = new Pages((session, limit, before) =>
      listCheckpoints(worktree, { session, limit, ...(before === undefined ? {} : { before }) }),
    );
  }

  /** The worktree's folder. */
  get root(): string {
    return this.worktree.root;
  }

  /** Distinguishes repositories: worktrees of one repository share it. */
  get commonDir(): string {
    return this.worktree.repository.commonDir;
  }

  /** The last checkpoint of this worktree as of the last {@link reload}. */
  get latest(): Checkpoint | undefined {
    return this.latestHeld;
  }

  async sessions(): Promise<readonly Session[]> {
    this.sessionsHeld ??= await listSessions(this.worktree);
    return this.sessionsHeld;
  }

  async worktrees(): Promise<readonly WorktreeSummary[]> {
    this.worktreesHeld ??= await summarizeWorktrees(this.worktree);
    return this.worktreesHeld;
  }

  /** Reads again what is on show and forgets the rest. */
  async reload(wanted: Wanted): Promise<void> {
    const [[latest], sessions, worktrees] = await Promise.all([
      listCheckpoints(this.worktree, { worktreeKey: this.worktree.key, limit: 1 }),
      wanted.sessions ? listSessions(this.worktree) : undefined,
      wanted.worktrees ? summarizeWorktrees(this.worktree) : undefined,
    ]);
    this.latestHeld = latest;
    this.sessionsHeld = sessions;
    this.worktreesHeld = worktrees;
  }

  checkpointsOf(session: Session): Promise<Page> {
    return this.pages.of(session);
  }

  /** What {@link checkpointsOf} has already read of a session. */
  peekCheckpoints(session: string): readonly Checkpoint[] {
    return this.pages.peek(session);
  }

  wantMoreOf(session: string): void {
    this.pages.wantMore(session);
  }

  /** The newest checkpoints of the whole repository, or of one worktree of it. */
  recent(limit: number, worktreeKey?: string): Promise<Checkpoint[]> {
    return listCheckpoints(this.worktree, { limit, ...(worktreeKey === undefined ? {} : { worktreeKey }) });
  }

  /** The files that a checkpoint changed against the one before it. Read once: a checkpoint never changes. */
  changesOf(checkpoint: Checkpoint): Promise<FileChange[]> {
    const held = this.changes.get(checkpoint.oid);
    if (held !== undefined) {
      return held;
    }
    const reading = changesOf(this.worktree, checkpoint);
    this.changes.set(checkpoint.oid, reading);
    reading.catch((thrown: unknown) => {
      // A failed read is not kept; whoever awaits `reading` reports it.
      this.log.debug(`The files of ${checkpoint.oid} could not be read: ${String(thrown)}`);
      this.changes.delete(checkpoint.oid);
    });
    const oldest = this.changes.keys().next().value;
    if (this.changes.size > keptChanges && oldest !== undefined) {
      this.changes.delete(oldest);
    }
    return reading;
  }

  /** The content of a file as git holds it. */
  readBlob(oid: string): Promise<Uint8Array> {
    return readBlob(this.worktree, oid);
  }

  /** Takes a checkpoint of everything in the worktree, within the person's limits. */
  async take(
    who: EditorSession,
    message: string | undefined,
    signal?: AbortSignal,
  ): Promise<CheckpointResult> {
    const warn = (line: string): void => {
      this.log.warn(line);
    };
    const configuration = vscode.workspace.getConfiguration('belay', vscode.Uri.file(this.root));
    const limits = applyLimits(configuredLimits(this.worktree), configuration, warn);
    const request = { ...who, ...(message === undefined ? {} : { message }) };
    return takeCheckpoint(this.worktree, request, { limits, ...(signal === undefined ? {} : { signal }) });
  }

  /** Ends its long-lived git processes. */
  dispose(): void {
    closeWorktree(this.worktree);
  }
}
