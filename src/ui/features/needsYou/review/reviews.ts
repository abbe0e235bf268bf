import * as v from 'valibot';
import * as vscode from 'vscode';
import type { Decision } from '../../../../decisions/decision';
import type { Parts } from '../../../rows/app';
import type { RepositoryModel } from '../../../state/repositoryModel';
import { savedState } from './reviewMessages';
import type { ReviewPage, Subject } from './reviewPage';

const reviewType = 'belay.review';

/** The review pages of this window: one for each worktree. What a page needs is loaded with the first one. */
export class Reviews implements vscode.WebviewPanelSerializer, vscode.Disposable {
  private readonly pages = new Map<string, ReviewPage>();
  private readonly subscription: vscode.Disposable;

  constructor(private readonly getApp: () => Parts) {
    this.subscription = vscode.window.registerWebviewPanelSerializer(reviewType, this);
  }

  /** Shows what waits for the person in a worktree. */
  async show(model: RepositoryModel, { worktree }: Decision): Promise<void> {
    const open = this.pages.get(keyOf({ model, worktree }));
    if (open !== undefined) {
      open.show();
      return;
    }
    const title = vscode.l10n.t('Review');
    const panel = vscode.window.createWebviewPanel(reviewType, title, vscode.ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: [this.media],
    });
    await this.follow(panel, { model, worktree }, false);
  }

  /** After a reload of the window. What the page had kept is no more than a hint which decision it was about. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    await this.getApp().repositories.ready();
    const parsed = v.safeParse(savedState, state);
    const subject = parsed.success ? this.find(parsed.output) : undefined;
    if (subject === undefined || this.pages.has(keyOf(subject))) {
      panel.webview.options = { enableScripts: true, localResourceRoots: [this.media] };
      const words = vscode.l10n.t('The repository of this page is no longer open in this window.');
      const { emptyDocument } = await import('./reviewDocument');
      panel.webview.html = emptyDocument(panel.webview, this.media, words);
      return;
    }
    await this.follow(panel, subject, true);
  }

  dispose(): void {
    this.subscription.dispose();
    for (const page of this.pages.values()) {
      page.dispose();
    }
    this.pages.clear();
  }

  private get media(): vscode.Uri {
    return vscode.Uri.joinPath(this.getApp().context.extensionUri, 'media');
  }

  /** The page about a worktree, where one is open. */
  page(worktree: string): ReviewPage | undefined {
    return [...this.pages.values()].find(({ subject }) => subject.worktree === worktree);
  }

  private async follow(panel: vscode.WebviewPanel, subject: Subject, restored: boolean): Promise<void> {
    const { ReviewPage: Page } = await import('./reviewPage');
    panel.iconPath = vscode.Uri.joinPath(this.media, 'icon.svg');
    const page = new Page(this.getApp(), panel, subject, this.media, restored);
    const key = keyOf(subject);
    this.pages.set(key, page);
    panel.onDidDispose(() => {
      page.dispose();
      this.pages.delete(key);
    });
  }

  private find({ worktree, decision }: v.InferOutput<typeof savedState>): Subject | undefined {
    const models = this.getApp().repositories.distinct;
    const exact = models.find((model) => model.decisions.all.some(({ id }) => id === decision));
    const model =
      exact ?? models.find((one) => one.decisions.all.some((other) => other.worktree === worktree));
    const found = model?.decisions.all.find(({ id }) => id === decision);
    return model && { model, worktree: found?.worktree ?? worktree };
  }
}

function keyOf({ model, worktree }: Subject): string {
  return `${model.commonDir}\0${worktree}`;
}
