import * as vscode from 'vscode';
import { slowState, type SlowState } from '../../agents/slowState';
import { changesOf, readBlob } from '../../checkpoint/changes';
import { listCheckpoints } from '../../checkpoint/history';
import { configuredLimits } from '../../checkpoint/limits';
import type { Checkpoint, CheckpointResult, FileChange } from '../../checkpoint/checkpoint';
import { takeCheckpoint } from '../../checkpoint/take';
import { listBackups } from '../../backups/backups';
import type { Backup } from '../../backups/backup';
import { noticesIn, type Notice } from '../../backups/notices';
import type { Decision } from '../../decisions/decision';
import { listDecisions } from '../../decisions/read';
import { messageOf } from '../../errors';
import { listPins, type Pin } from '../../fanout/pin';
import { readHead } from '../../git/head';
import { closeWorktree, type Worktree } from '../../git/worktree';
import type { Session, WorktreeSummary } from '../../sessions/session';
import { listSessions } from '../../sessions/sessions';
import { isLive, livenessOfOwner, livenessOfSession } from '../../sessions/liveness';
import { summarizeWorktrees } from '../../sessions/worktrees';
import type { OwnSession } from './ownSession';
import type { WindowAnswers } from './windowAnswers';
import { applyLimits } from '../platform/settings';
import { faceOf, type Decisions, type Held } from './fingerprint';
import { Pages, type Page } from './pages';

/** What of a repository is on show, and so worth reading again when something changed. The sessions always are. */
export interface Wanted {
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
  private held: Held = {
    latest: undefined,
    head: undefined,
    sessions: undefined,
    worktrees: undefined,
    decisions: { all: [], unreadable: undefined, unconfirmed: [] },
    backups: undefined,
    pins: [],
    slow: undefined,
  };
  /** The HEAD at which resets by others were last looked for. */
  private noticedHead: string | undefined;

  constructor(
    readonly worktree: Worktree,
    readonly own: OwnSession,
    private readonly answers: WindowAnswers,
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
    return this.held.latest;
  }

  /** HEAD's commit as of the last {@link reload}. */
  get head(): string | undefined {
    return this.held.head;
  }

  /** Tells whether another reading brought anything that rows show. Times are left out: those are drawn anew by themselves. */
  get face(): string {
    return faceOf(this.held);
  }

  /** The sessions as of the last {@link reload}; undefined before the first. */
  get known(): readonly Session[] | undefined {
    return this.held.sessions;
  }

  /** What waits, or waited last, for the person, as of the last {@link reload}. */
  get decisions(): Decisions {
    return this.held.decisions;
  }

  /** What waits for the person, as of the last {@link reload}. */
  get pending(): readonly Decision[] {
    return this.held.decisions.all.filter(({ status }) => status === 'pending');
  }

  /** What agents' calls dropped, as of the last {@link reload}. */
  get notices(): readonly Notice[] {
    return noticesIn(this.held.backups ?? []);
  }

  /** That looks at this worktree take agents' hooks too long, as of the last {@link reload}. */
  get slow(): SlowState | undefined {
    return this.held.slow;
  }

  /** Whether a worktree of the repository waits for the person. */
  waitsFor(key: string): boolean {
    return this.pending.some(({ worktree }) => worktree === key);
  }

  /** The pins of the repository, by name, as of the last {@link reload}. */
  get pins(): readonly Pin[] {
    return this.held.pins;
  }

  async backups(): Promise<readonly Backup[]> {
    return this.held.backups ?? this.hold('backups', await listBackups(this.worktree));
  }

  async sessions(): Promise<readonly Session[]> {
    return this.held.sessions ?? this.hold('sessions', await listSessions(this.worktree));
  }

  async worktrees(): Promise<readonly WorktreeSummary[]> {
    return this.held.worktrees ?? this.hold('worktrees', await summarizeWorktrees(this.worktree));
  }

  private hold<What extends keyof Held>(what: What, read: NonNullable<Held[What]>): NonNullable<Held[What]> {
    this.held = { ...this.held, [what]: read };
    return read;
  }

  /** Reads again what is on show and forgets the rest. */
  async reload(wanted: Wanted): Promise<void> {
    await this.noticeResets();
    const [[latest], head, sessions, worktrees, decisions, backups, pins, slow] = await Promise.all([
      listCheckpoints(this.worktree, { worktreeKey: this.worktree.key, limit: 1 }),
      readHead(this.worktree),
      listSessions(this.worktree),
      wanted.worktrees ? summarizeWorktrees(this.worktree) : undefined,
      this.readDecisions(),
      listBackups(this.worktree),
      this.readPins(),
      slowState(this.worktree),
    ]);
    this.held = { latest, head: head.oid, sessions, worktrees, decisions, backups, pins, slow };
    this.own.notice(this.worktree, sessions);
    for (const sentence of this.worktree.notices.take()) {
      this.log.warn(sentence);
    }
  }

  /**
   * Where HEAD has moved since it was last looked: commits dropped by a reset outside Belay are backed up and put to the
   * person, and a reset of ours that was interrupted says so. It is no reason not to show what can be read.
   */
  private async noticeResets(): Promise<void> {
    const { oid } = await readHead(this.worktree);
    if (oid === undefined || oid === this.noticedHead) {
      return;
    }
    this.noticedHead = oid;
    try {
      const [{ noticeInterrupted }, { noticeFallen }] = await Promise.all([
        import('../../sync/reset'),
        import('../../sync/external'),
      ]);
      await noticeInterrupted(this.worktree);
      await noticeFallen(this.worktree);
    } catch (thrown) {
      this.log.warn(`Resets by others could not be looked for: ${messageOf(thrown)}`);
    }
  }

  /**
   * Looks again which of the sessions and owners that are held give signs of life: time alone makes one silent. Runs no git.
   */
  async lookForLife(): Promise<void> {
    const { sessions, worktrees } = this.held;
    const { repository } = this.worktree;
    const looked = await Promise.all(
      (sessions ?? []).map(async (session) => {
        const vital = await livenessOfSession(repository, session.id, session.lease, session.latest);
        return { ...session, liveness: vital, live: isLive(session.lease, vital) };
      }),
    );
    const summaries = await Promise.all(
      (worktrees ?? []).map(async (summary) => ({
        ...summary,
        liveness: summary.lease && (await livenessOfOwner(repository, summary.lease)),
      })),
    );
    // Unless they were read anew meanwhile.
    this.held = {
      ...this.held,
      ...(this.held.sessions === sessions && sessions !== undefined ? { sessions: looked } : {}),
      ...(this.held.worktrees === worktrees && worktrees !== undefined ? { worktrees: summaries } : {}),
    };
  }

  checkpointsOf(session: Session): Promise<Page> {
    // One that was started and has taken none yet is not worth a walk through the history.
    return session.latest === undefined
      ? Promise.resolve({ checkpoints: [], more: false })
      : this.pages.of(session);
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
      // A failed read is not kept; the caller that awaits `reading` reports it.
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

  /**
   * Takes a checkpoint of everything in the worktree, within the person's limits, in the name of the person.
   * @throws OwnSessionLost, and what taking a checkpoint throws.
   */
  async take(message: string | undefined, signal?: AbortSignal): Promise<CheckpointResult> {
    const configuration = vscode.workspace.getConfiguration('belay', vscode.Uri.file(this.root));
    const limits = applyLimits(configuredLimits(this.worktree), configuration, this.log);
    return this.own.write(this.worktree, (writer) =>
      takeCheckpoint(
        this.worktree,
        { ...writer, ...(message === undefined ? {} : { message }) },
        { limits, ...(signal === undefined ? {} : { signal }) },
      ),
    );
  }

  /** One decision that cannot be read must not keep the rest of the repository from being shown. */
  private async readDecisions(): Promise<Decisions> {
    try {
      const { keepQuestions } = await import('../../decisions/vanished');
      for (const { id } of await keepQuestions(this.worktree)) {
        this.log.warn(`The decision ${id} had vanished without an answer, and was put again.`);
      }
      const all = await listDecisions(this.worktree);
      const unconfirmed = await this.answers.unknown(this.worktree, all);
      return { all, unreadable: undefined, unconfirmed };
    } catch (thrown) {
      this.log.error(`The decisions of ${this.root} could not be read: ${messageOf(thrown)}`);
      return { ...this.held.decisions, unreadable: { thrown } };
    }
  }

  private async readPins(): Promise<readonly Pin[]> {
    try {
      return await listPins(this.worktree);
    } catch (thrown) {
      this.log.error(`The pins of ${this.root} could not be read: ${messageOf(thrown)}`);
      return this.held.pins;
    }
  }

  /** Ends its long-lived git processes. */
  dispose(): void {
    closeWorktree(this.worktree);
  }
}
