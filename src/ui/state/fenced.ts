import * as vscode from 'vscode';
import type { Session } from '../../sessions/session';
import { agentName } from '../platform/agentLook';
import type { Dialogs } from '../platform/dialogs';
import type { RepositoryModel } from './repositoryModel';
import type { Repositories } from './repositories';
import { fencedWord, leaseNowWords } from '../platform/text/leaseWords';
import { sessionName } from '../platform/text/words';
import { plural } from '../platform/text/counts';

interface Unseen {
  readonly model: RepositoryModel;
  readonly session: string;
}

/**
 * Tells of writers that were fenced off: once for each session and each change of its lease, never of what was there when
 * the window opened, never again. What nobody has looked at yet is counted for the status bar.
 */
export class Fenced implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** What has not been seen yet is more or less now. */
  readonly onDidChange = this.changed.event;
  /** The stale checkpoints that are known, by repository. */
  private readonly known = new Map<string, Set<string>>();
  private readonly told = new Set<string>();
  private readonly unseen = new Map<string, Unseen>();
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly repositories: Repositories,
    private readonly log: vscode.LogOutputChannel,
    private readonly dialogs: Dialogs,
    /** Brings the rows of a session into sight. */
    private readonly show: (model: RepositoryModel, session: string) => Promise<void>,
  ) {
    this.subscription = repositories.onDidChange(() => {
      this.look();
    });
  }

  /** How many fenced writes of a repository nobody has looked at yet. */
  unseenIn(model: RepositoryModel): number {
    return [...this.unseen.values()].filter((one) => one.model.commonDir === model.commonDir).length;
  }

  /** The person has turned to a session in the view. */
  see(model: RepositoryModel, { stale }: Session): void {
    const seen = stale.filter(({ oid }) => this.unseen.delete(oid));
    if (seen.length > 0) {
      this.log.debug(`${seen.length} fenced writes in ${model.root} were seen.`);
      this.changed.fire();
    }
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
  }

  private look(): void {
    for (const model of this.repositories.distinct) {
      if (model.known !== undefined) {
        this.lookIn(model, model.known);
      }
    }
  }

  private lookIn(model: RepositoryModel, sessions: readonly Session[]): void {
    const before = this.known.get(model.commonDir);
    const now = new Set(sessions.flatMap(({ stale }) => stale.map(({ oid }) => oid)));
    this.known.set(model.commonDir, now);
    if (before === undefined) {
      return;
    }
    const news: Session[] = [];
    for (const session of sessions) {
      const fresh = session.stale.filter(({ oid }) => !before.has(oid));
      // Of this window's own refused write the person hears where they asked for it.
      if (fresh.length === 0 || model.own.isOwn(session.id)) {
        continue;
      }
      for (const { oid } of fresh) {
        this.unseen.set(oid, { model, session: session.id });
      }
      const occasion = [model.commonDir, session.id, session.lease?.token ?? ''].join('\0');
      if (!this.told.has(occasion)) {
        this.told.add(occasion);
        news.push(session);
      }
    }
    this.changed.fire();
    if (news.length > 0) {
      this.tell(model, news).catch((thrown: unknown) => {
        this.log.error(`A fenced writer could not be told of: ${String(thrown)}`);
      });
    }
  }

  private async tell(model: RepositoryModel, sessions: readonly Session[]): Promise<void> {
    const [first] = sessions;
    if (first === undefined) {
      return;
    }
    const words =
      sessions.length === 1
        ? await this.words(model, first)
        : vscode.l10n.t(
            'Writes for {0} sessions were rejected. What they tried to save is kept under their sessions.',
            sessions.length,
          );
    this.log.warn(words);
    const show = vscode.l10n.t('Show');
    if ((await this.dialogs.warn(words, show)) === show) {
      await this.show(model, first.id);
    }
  }

  private async words(model: RepositoryModel, session: Session): Promise<string> {
    const [newest] = session.stale;
    const who = vscode.l10n.t(
      '{0} ({1})',
      sessionName(session.id),
      agentName(newest?.agent ?? session.agent),
    );
    const why = newest?.stale === undefined ? '' : fencedWord(newest.stale);
    const files = newest === undefined ? 0 : (await model.changesOf(newest)).length;
    return [
      vscode.l10n.t('Writes for session {0} were rejected: {1}.', who, why),
      leaseNowWords(session.lease, model.own.holds(session.lease)),
      vscode.l10n.t('What it tried to save ({0}) is kept under its session.', plural(files, 'file')),
    ].join(' ');
  }
}
