import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import * as vscode from 'vscode';
import type { Decision, DecisionOption } from '../../../../decisions/decision';
import { messageOf } from '../../../../errors';
import type { Parts } from '../../../rows/app';
import { failureText, showFailure } from '../../../platform/failure';
import { worktreeName } from '../../../rows/decisionWords';
import { Coalescer } from '../../../platform/coalesce';
import type { RepositoryModel } from '../../../state/repositoryModel';
import { withLedger } from '../../../../withLedger';
import { shown } from '../../../platform/shown';
import { inertLine } from '../../../platform/text/inert';
import { doneWords, giveAnswer, resetQuestion } from '../answering';
import { emptyDocument, reviewDocument } from './reviewDocument';
import { readFacts } from './reviewFacts';
import { inbound, type Answering, type Inbound, type Notice, type Outbound } from './reviewMessages';
import { onBackup, openCommit, openSaved } from '../../../rows/backupActions';

/** How long the page may take until it says that it is ready, in milliseconds. */
const readyLimit = 5_000;

/** What a page is about: what waits, or waited last, for the person in one worktree. */
export interface Subject {
  readonly model: RepositoryModel;
  readonly worktree: string;
}

/**
 * One review page. What it says is made here and what it asks for is looked at here; an answer counts only with the nonce
 * that this window gave the page when it was ready, for the very version of the decision that it shows.
 */
export class ReviewPage implements vscode.Disposable {
  private shown: Decision | undefined;
  private nonce: { readonly value: string; readonly version: string } | undefined;
  private notice: Notice | undefined;
  private focus = true;
  private answering = false;
  private isDrawn = false;
  private isReady = false;
  private warned = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly drawing: Coalescer;
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly app: Parts,
    readonly panel: vscode.WebviewPanel,
    readonly subject: Subject,
    private readonly media: vscode.Uri,
    restored: boolean,
  ) {
    this.focus = !restored;
    this.drawing = new Coalescer(
      30,
      () => this.draw(),
      (thrown) => {
        app.log.error(`The review page could not be drawn: ${messageOf(thrown)}`);
      },
    );
    panel.webview.options = { enableScripts: true, localResourceRoots: [media] };
    this.subscription = vscode.Disposable.from(
      panel.webview.onDidReceiveMessage((message: unknown) => {
        this.hear(message).catch((thrown: unknown) => {
          showFailure(app, thrown);
        });
      }),
      panel.onDidChangeViewState(() => {
        this.watchReady();
      }),
      app.repositories.onDidChange(() => {
        // While it is being answered, the decision goes through states that are nobody's business.
        if (!this.answering && this.current()?.version !== this.shown?.version) {
          this.drawing.request();
        }
      }),
    );
    void this.drawing.runNow();
  }

  /** Brings it to the front, with the keyboard on the safe choice. */
  show(): void {
    this.panel.reveal();
    void this.post({ type: 'state', nonce: this.nonce?.value, focus: true, notice: undefined });
  }

  /** The id of the decision that is shown. */
  get decision(): string | undefined {
    return this.shown?.id;
  }

  /** The version of the decision that is shown. */
  get version(): string | undefined {
    return this.shown?.version;
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.nonce = undefined;
    this.drawing.dispose();
    this.subscription.dispose();
  }

  private current(): Decision | undefined {
    const { model, worktree } = this.subject;
    return model.decisions.all.find((decision) => decision.worktree === worktree);
  }

  private async draw(): Promise<void> {
    const { model } = this.subject;
    const decision = this.current();
    if (this.isDrawn && decision?.version === this.shown?.version) {
      return;
    }
    const facts = decision && (await readFacts(model, decision));
    const { webview } = this.panel;
    const before = this.shown;
    const changed = before !== undefined && decision !== undefined && before.version !== decision.version;
    if (changed && !this.answering) {
      this.notice ??= { kind: 'done', text: changeWords(before, decision) };
    }
    this.isDrawn = true;
    this.shown = decision;
    this.nonce = undefined;
    this.isReady = false;
    this.panel.title =
      decision === undefined
        ? vscode.l10n.t('Review')
        : shown(vscode.l10n.t('Review: {0}', worktreeName(decision, model)));
    webview.html =
      facts === undefined
        ? emptyDocument(webview, this.media, vscode.l10n.t('Nothing in this worktree needs your attention.'))
        : reviewDocument(webview, this.media, facts);
    this.watchReady();
  }

  /** Where webviews are blocked, or do not load, the same answers can be given in a dialog. */
  private watchReady(): void {
    clearTimeout(this.timer);
    if (this.isReady || this.warned || !this.panel.visible) {
      return;
    }
    this.timer = setTimeout(() => {
      this.warned = true;
      const answer = vscode.l10n.t('Answer in a Dialog');
      const words = vscode.l10n.t(
        'The review page does not load here. The same answers can be given in a dialog.',
      );
      this.app.log.warn(words);
      void this.app.dialogs.warn(words, answer).then((choice) => {
        if (choice === answer) {
          void vscode.commands.executeCommand('belay.answerReset', this.shown?.id);
        }
      });
    }, readyLimit);
  }

  private post(message: Outbound): Thenable<boolean> {
    return this.panel.webview.postMessage(message);
  }

  /** Handles a message from the page, which is not trusted. */
  async hear(message: unknown): Promise<void> {
    const parsed = v.safeParse(inbound, message);
    if (!parsed.success) {
      await this.refuse(vscode.l10n.t('The review page sent an invalid message.'));
      return;
    }
    const { output } = parsed;
    if (output.type === 'ready') {
      await this.ready();
    } else if (output.type === 'answer') {
      await this.answer(output);
    } else {
      await this.open(output);
    }
  }

  private async ready(): Promise<void> {
    this.isReady = true;
    clearTimeout(this.timer);
    const { notice, focus, shown } = this;
    this.notice = undefined;
    this.focus = false;
    this.nonce = shown?.status === 'pending' ? { value: randomUUID(), version: shown.version } : undefined;
    await this.post({ type: 'state', nonce: this.nonce?.value, focus, notice });
  }

  /** What the page asks to be opened must be part of what it shows. */
  private async open(wanted: Exclude<Inbound, { readonly type: 'ready' | 'answer' }>): Promise<void> {
    const { app, shown } = this;
    const { model } = this.subject;
    if (wanted.type === 'saved') {
      if (shown?.checkpoint !== undefined) {
        await openSaved(app.dialogs, model, shown.from, shown.checkpoint);
      }
    } else if (wanted.type === 'commit') {
      if (shown?.dropped.includes(wanted.commit) === true) {
        await openCommit(app.dialogs, model, wanted.commit);
      }
    } else {
      const ref = shown?.backups[wanted.backup];
      if (ref !== undefined) {
        await onBackup(app, model, ref, wanted.type, shown?.to);
      }
    }
  }

  /** Gives the answer to the decision on screen, and says on the page what came of it. */
  private async answer(message: Answering): Promise<void> {
    const { app, subject } = this;
    if (this.answering) {
      return;
    }
    const asked = this.asked(message);
    if ('refused' in asked) {
      await this.refuse(asked.refused);
      return;
    }
    const { decision, option } = asked;
    this.answering = true;
    try {
      if (option === 'reset_to_upstream' && !(await app.dialogs.confirm(resetQuestion(decision)))) {
        await this.post({ type: 'notice', kind: 'done', text: vscode.l10n.t('Nothing was done.') });
        return;
      }
      const notice = await withLedger(() => giveAnswer(app, subject.model, decision, option)).then(
        (answered): Notice => {
          app.log.info(`The decision ${decision.id} was answered: ${option}`);
          return { kind: 'done', text: doneWords(answered, option) };
        },
        (thrown: unknown): Notice => {
          app.log.warn(`The decision ${decision.id} could not be answered: ${messageOf(thrown)}`);
          return { kind: 'refused', text: failureText(thrown) };
        },
      );
      this.notice = notice;
      await app.repositories.reload();
      this.focus = true;
      await this.drawing.runNow();
      if (this.isReady) {
        // Nothing came of it, so the page is the same and need only say why.
        this.notice = undefined;
        await this.post({ type: 'notice', ...notice });
      }
    } finally {
      this.answering = false;
    }
  }

  /** What a message answers, or why it counts for nothing. */
  private asked(
    message: Answering,
  ): { readonly decision: Decision; readonly option: DecisionOption } | { readonly refused: string } {
    const { shown, nonce } = this;
    if (
      nonce === undefined ||
      shown === undefined ||
      message.nonce !== nonce.value ||
      message.decision !== shown.id ||
      message.seen !== nonce.version ||
      shown.version !== nonce.version
    ) {
      return { refused: vscode.l10n.t('This answer does not match the decision on screen.') };
    }
    const option = shown.options.find((one) => one === message.option);
    return option === undefined
      ? {
          refused: vscode.l10n.t(
            '{0} is not among the answers of this decision.',
            inertLine(message.option, 60),
          ),
        }
      : { decision: shown, option };
  }

  /** Does nothing but report the attempt, on the page and in the log. */
  private async refuse(why: string): Promise<void> {
    const { shown } = this;
    this.app.log.warn(`An answer to the decision ${shown?.id ?? '?'} was refused: ${why}`);
    const text = vscode.l10n.t('Refused: {0} Nothing was done, and the decision still waits.', why);
    await this.post({ type: 'notice', kind: 'refused', text });
  }
}

/** Why the page shows something else than before. */
function changeWords(before: Decision, now: Decision): string {
  if (before.id !== now.id) {
    return vscode.l10n.t('Something new in this worktree needs your attention.');
  }
  return now.status === 'answered'
    ? vscode.l10n.t('This was answered elsewhere.')
    : vscode.l10n.t('The decision has changed since it was shown.');
}
