import path from 'node:path';
import * as vscode from 'vscode';
import { BelayError, messageOf } from '../../errors';
import type { Git } from '../../git/git';
import type { OwnSession } from './ownSession';
import type { WindowAnswers } from './windowAnswers';
import { Coalescer } from '../platform/coalesce';
import type { RepositoryModel, Wanted } from './repositoryModel';
import type { OpenedFolder } from './openModels';

/** A folder that could not be opened, and why. */
interface FolderFailure {
  readonly folder: string;
  readonly thrown: unknown;
}

/** Where this window stands with its repositories. */
export type WindowState = 'untrusted' | 'opening' | 'no_repository' | 'failed' | 'open';

/** Folders come and go with whole operations; give these time to end. */
const openingDelay = 150;
const secondLook = 2_000;
/** One publish shows as two or three file events in a few milliseconds. */
const reloadingDelay = 60;

interface Opened {
  readonly model: RepositoryModel;
  readonly disposable: vscode.Disposable;
}

/**
 * The repositories of the window's folders, one per worktree. Opens none, and runs no git, before the workspace is
 * trusted; what it needs of the core is loaded then.
 */
export class Repositories implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** Something that may be on show is different now: the set of repositories, the state, or what a repository holds. */
  readonly onDidChange = this.changed.event;
  private opened = new Map<string, Opened>();
  private byFolder: ReadonlyMap<string, OpenedFolder> = new Map();
  private failedFolders: readonly FolderFailure[] = [];
  private windowState: WindowState = 'opening';
  private waiting: vscode.Disposable[] = [];
  private git: Git | undefined;
  private readonly opening: Coalescer;
  private readonly reloading: Coalescer;
  private readonly subscriptions: { dispose(): void }[] = [];
  private firstOpening: Promise<void> | undefined;
  private drawings = 0;

  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly own: OwnSession,
    private readonly answers: WindowAnswers,
    /** What of the repositories is on show now. */
    private readonly wanted: () => Wanted,
  ) {
    const failed = (thrown: unknown): void => {
      log.error(`Refreshing failed: ${messageOf(thrown)}`);
    };
    this.opening = new Coalescer(openingDelay, () => this.openFolders(), failed);
    this.reloading = new Coalescer(reloadingDelay, () => this.reloadAll(), failed);
  }

  get all(): readonly RepositoryModel[] {
    return [...this.opened.values()].map(({ model }) => model);
  }

  /** One worktree for each repository: two open worktrees of one repository share their sessions. */
  get distinct(): readonly RepositoryModel[] {
    return [...new Map(this.all.toReversed().map((model) => [model.commonDir, model])).values()].toReversed();
  }

  /** The worktree that a file of this window lies in, by the folder that it is shown under. */
  ofFile(file: vscode.Uri): RepositoryModel | undefined {
    const folder = vscode.workspace.getWorkspaceFolder(file);
    const opened = folder && this.byFolder.get(folder.uri.fsPath);
    if (opened?.isAbove !== true) {
      return opened?.models[0];
    }
    return opened.models
      .filter(({ root }) => file.fsPath.startsWith(root + path.sep))
      .toSorted((a, b) => b.root.length - a.root.length)[0];
  }

  /** Whether a folder of the window lies in that worktree, so that it would lose its ground with it. */
  isStoodOn(root: string): boolean {
    return [...this.byFolder.values()].some(
      ({ models, isAbove }) => !isAbove && models.some((model) => model.root === root),
    );
  }

  /** Changes when there is something to draw: a reading that found no difference changes nothing. */
  get face(): string {
    return `${this.drawings}\n${this.found}`;
  }

  /** Changes when what was read is different from before; that it is drawn again, since time goes by, changes nothing. */
  get found(): string {
    return this.all.map(({ face }) => face).join('\n');
  }

  get state(): WindowState {
    return this.windowState;
  }

  get failures(): readonly FolderFailure[] {
    return this.failedFolders;
  }

  /** Begins to follow the window's folders. Returns at once; {@link ready} tells when the first opening is over. */
  start(): void {
    const again = (): void => {
      this.opening.request();
    };
    this.subscriptions.push(
      vscode.workspace.onDidGrantWorkspaceTrust(again),
      vscode.workspace.onDidChangeWorkspaceFolders(again),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('belay.git.path')) {
          this.closeAll();
          again();
        }
      }),
    );
    this.firstOpening = new Promise((resolve) => {
      setImmediate(() => {
        resolve(this.opening.runNow());
      });
    });
  }

  /** Resolves when the folders have been looked at, whatever came of it. */
  async ready(): Promise<void> {
    await this.firstOpening;
  }

  /** Something changed on the disk: read again soon what is on show. */
  touch(): void {
    this.reloading.request();
  }

  /** Looks at everything again, folders that could not be opened included. */
  async refresh(): Promise<void> {
    await this.opening.runNow();
  }

  /** Reads again what is on show, now. */
  reload(): Promise<void> {
    return this.reloading.runNow();
  }

  /** Looks again who gives signs of life, and shows it. Runs no git. */
  async lookForLife(): Promise<void> {
    await Promise.all(this.all.map((model) => model.lookForLife()));
    this.redraw();
  }

  /** Shows again what is held, without reading: times go by, or a person asked for more rows. */
  redraw(): void {
    this.drawings += 1;
    this.changed.fire();
  }

  dispose(): void {
    this.opening.dispose();
    this.reloading.dispose();
    this.closeAll();
    vscode.Disposable.from(...this.subscriptions, this.changed).dispose();
  }

  private async openFolders(): Promise<void> {
    if (!vscode.workspace.isTrusted) {
      this.settle('untrusted');
      return;
    }
    const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
    const failures: FolderFailure[] = [];
    const found = new Map<string, RepositoryModel>();
    const byFolder = new Map<string, OpenedFolder>();
    this.stopWaiting();
    for (const { uri } of folders) {
      try {
        const opened = await this.openFolder(uri.fsPath);
        const models = opened.models.map((model) => found.get(model.root) ?? model);
        models.forEach((model) => found.set(model.root, model));
        byFolder.set(uri.fsPath, { ...opened, models });
      } catch (thrown) {
        failures.push({ folder: uri.fsPath, thrown });
        await this.report(uri, thrown);
      }
    }
    await this.keepOnly(found);
    this.byFolder = byFolder;
    this.failedFolders = failures.filter(({ thrown }) => !isNoRepository(thrown));
    await this.reloading.runNow();
    this.settle(this.opened.size > 0 ? 'open' : this.failedFolders.length > 0 ? 'failed' : 'no_repository');
  }

  private async openFolder(folder: string): Promise<OpenedFolder> {
    const { createGit, openModels } = await import('./openModels');
    this.git ??= await createGit(this.log);
    const opened = await openModels(this.git, folder, {
      own: this.own,
      answers: this.answers,
      log: this.log,
    });
    return { ...opened, models: opened.models.map((model) => this.opened.get(model.root)?.model ?? model) };
  }

  private async report(folder: vscode.Uri, thrown: unknown): Promise<void> {
    if (isNoRepository(thrown)) {
      this.log.info(messageOf(thrown));
      const { watchForRepository } = await import('./repositoryWatch');
      this.waiting.push(
        watchForRepository(
          folder,
          () => {
            this.lookTwice();
          },
          this.log,
        ),
      );
    } else {
      this.log.error(`${folder.fsPath} could not be opened: ${messageOf(thrown)}`);
    }
  }

  /** git makes the folder first and fills it then, so that the first look may come too early. */
  private lookTwice(): void {
    this.opening.request();
    const timer = setTimeout(() => {
      this.opening.request();
    }, secondLook);
    this.subscriptions.push({
      dispose: () => {
        clearTimeout(timer);
      },
    });
  }

  private async keepOnly(found: ReadonlyMap<string, RepositoryModel>): Promise<void> {
    for (const [root, { disposable }] of this.opened) {
      if (!found.has(root)) {
        disposable.dispose();
      }
    }
    const kept = new Map<string, Opened>();
    for (const [root, model] of found) {
      kept.set(root, this.opened.get(root) ?? { model, disposable: await this.follow(model) });
    }
    this.opened = kept;
  }

  private async follow(model: RepositoryModel): Promise<vscode.Disposable> {
    const { watchRepository } = await import('./repositoryWatch');
    const changed = {
      anything: () => {
        this.touch();
      },
      // A window on the folder above them opens those that come, and lets go of those that went.
      worktrees: () => {
        if ([...this.byFolder.values()].some(({ isAbove }) => isAbove)) {
          this.lookTwice();
        }
      },
    };
    const watcher = watchRepository(model.worktree, changed, this.log);
    return vscode.Disposable.from(watcher, model);
  }

  private async reloadAll(): Promise<void> {
    const wanted = this.wanted();
    for (const model of this.all) {
      try {
        await model.reload(wanted);
      } catch (thrown) {
        // What was read before stays on show; the next change, or Refresh, tries again.
        this.log.error(`${model.root} could not be read: ${messageOf(thrown)}`);
      }
    }
    this.changed.fire();
  }

  private settle(state: WindowState): void {
    this.windowState = state;
    this.redraw();
  }

  private stopWaiting(): void {
    vscode.Disposable.from(...this.waiting).dispose();
    this.waiting = [];
  }

  private closeAll(): void {
    this.stopWaiting();
    for (const { disposable } of this.opened.values()) {
      disposable.dispose();
    }
    this.opened.clear();
    this.byFolder = new Map();
    this.git?.endAll();
    this.git = undefined;
  }
}

function isNoRepository(thrown: unknown): boolean {
  return thrown instanceof BelayError && thrown.reason === 'not_a_repository';
}
