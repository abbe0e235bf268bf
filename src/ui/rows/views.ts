import * as vscode from 'vscode';
import { BelayError, messageOf } from '../../errors';
import type { AgentStates } from '../state/agentStates';
import { failureText } from '../platform/failure';
import type { PinStates } from '../state/pinStates';
import { NeedsYouTree } from '../features/needsYou/needsYouTree';
import { tellWaiting } from '../features/needsYou/waiting';
import type { Fenced } from '../state/fenced';
import type { RepositoryModel, Wanted } from '../state/repositoryModel';
import type { Repositories } from '../state/repositories';
import { shown } from '../platform/shown';
import type { WindowNetwork } from '../state/windowNetwork';
import { inertLine } from '../platform/text/inert';
import { isWorrying, uncoveredCount } from '../platform/text/words';
import { AgentsTree } from '../features/agents/agentsTree';
import { BackupsTree } from '../features/backups/backupsTree';
import { CheckpointNode, FileNode, SessionNode, type TreeNode } from './nodes';
import { findSession, SessionsTree } from '../features/sessions/sessionsTree';
import type { Tree } from './tree';
import { WorktreesTree } from '../features/worktrees/worktreesTree';

export type ViewName = 'needsYou' | 'sessions' | 'backups' | 'worktrees' | 'agents';

interface Shown {
  readonly tree: Tree;
  readonly view: vscode.TreeView<TreeNode>;
}

/** Failures for which the manifest has a welcome text of its own, with buttons. */
const welcomed = new Set(['git_missing', 'git_too_old']);

/** Which views a person can see now. A view that cannot be seen is not refreshed; it catches up when it appears. */
export class Visibility {
  private readonly visible = new Set<ViewName>();

  set(name: ViewName, isVisible: boolean): void {
    if (isVisible) {
      this.visible.add(name);
    } else {
      this.visible.delete(name);
    }
  }

  shows(name: ViewName): boolean {
    return this.visible.has(name);
  }

  wanted(): Wanted {
    return { worktrees: this.shows('worktrees') };
  }

  /** Whether any of those views can be seen that show who is alive. */
  get any(): boolean {
    return this.shows('sessions') || this.shows('worktrees');
  }
}

/** The views of the Belay container. */
export class Views implements vscode.Disposable {
  private readonly shown: ReadonlyMap<ViewName, Shown>;
  private readonly subscriptions: { dispose(): void }[] = [];
  private drawn = '';

  constructor(
    private readonly repositories: Repositories,
    network: WindowNetwork,
    pinStates: PinStates,
    agentStates: AgentStates,
    visibility: Visibility,
    fenced: Fenced,
    log: vscode.LogOutputChannel,
    /** How often times like "2 min ago" are drawn again, and who is alive is looked at, in milliseconds. */
    every: number,
  ) {
    const worktrees = new WorktreesTree(repositories, network, pinStates, log);
    const trees: readonly (readonly [ViewName, Tree])[] = [
      ['needsYou', new NeedsYouTree(repositories, log)],
      ['sessions', new SessionsTree(repositories, log)],
      ['backups', new BackupsTree(repositories, log)],
      ['worktrees', worktrees],
      ['agents', new AgentsTree(repositories, agentStates, log)],
    ];
    this.shown = new Map(trees.map(([name, tree]) => [name, this.show(name, tree, visibility)]));
    const sessions = this.of('sessions').view;
    const look = (nodes: readonly TreeNode[]): void => {
      for (const node of nodes) {
        const row = sessionOfRow(node);
        if (row !== undefined) {
          fenced.see(row.model, row.session);
        }
      }
    };
    const timer = setInterval(() => {
      if (visibility.any) {
        repositories.lookForLife().catch((thrown: unknown) => {
          log.error(`Signs of life could not be read: ${messageOf(thrown)}`);
        });
      }
    }, every);
    this.subscriptions.push(
      sessions.onDidChangeSelection(({ selection }) => {
        look(selection);
      }),
      sessions.onDidExpandElement(({ element }) => {
        look([element]);
      }),
      repositories.onDidChange(() => {
        this.redraw();
      }),
      network.onDidChange(() => {
        if (this.of('worktrees').view.visible) {
          worktrees.followNetwork();
        }
      }),
      pinStates.onDidChange(() => {
        if (this.of('worktrees').view.visible) {
          worktrees.redraw();
        }
      }),
      agentStates.onDidChange(() => {
        const { tree, view } = this.of('agents');
        if (view.visible) {
          tree.redraw();
        }
      }),
      new vscode.Disposable(() => {
        clearInterval(timer);
      }),
    );
  }

  /** Selects a row of the Sessions view and brings it into sight. */
  async reveal(node: TreeNode): Promise<void> {
    await this.of('sessions').view.reveal(node, { select: true, focus: true, expand: true });
  }

  /** Brings a session into sight, and what is below it. */
  async showSession(model: RepositoryModel, session: string): Promise<void> {
    const node = await findSession(this.repositories, model, session);
    if (node !== undefined) {
      await this.reveal(node);
    }
  }

  /** The one row that is selected in a view that can be seen; undefined where none or several are. */
  selected(): TreeNode | undefined {
    const rows = [...this.shown.values()].flatMap(({ view }) => (view.visible ? view.selection : []));
    return rows.length === 1 ? rows[0] : undefined;
  }

  /** The rows below a node of a view, as the view itself gets them. */
  rows(name: ViewName, node?: TreeNode): Promise<TreeNode[]> {
    return this.of(name).tree.getChildren(node);
  }

  item(name: ViewName, node: TreeNode): Promise<vscode.TreeItem> {
    const { tree } = this.of(name);
    return tree.resolveTreeItem(tree.getTreeItem(node), node);
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  /** Draws what can be seen where that is new. Rows that are drawn for nothing take clicks from under the person's hand. */
  private redraw(): void {
    this.tellState();
    const { face } = this.repositories;
    if (face === this.drawn) {
      return;
    }
    this.drawn = face;
    for (const { tree, view } of this.shown.values()) {
      if (view.visible) {
        tree.redraw();
      }
    }
  }

  private of(name: ViewName): Shown {
    const shown = this.shown.get(name);
    if (shown === undefined) {
      throw new Error(`There is no view ${name}.`);
    }
    return shown;
  }

  private show(name: ViewName, tree: Tree, visibility: Visibility): Shown {
    const view = vscode.window.createTreeView(`belay.${name}`, {
      treeDataProvider: tree,
      showCollapseAll: name !== 'needsYou',
      canSelectMany: name === 'sessions',
    });
    visibility.set(name, view.visible);
    const follow = view.onDidChangeVisibility(({ visible }) => {
      visibility.set(name, visible);
      if (visible) {
        tree.redraw();
      }
    });
    this.subscriptions.push(tree, view, follow);
    return { tree, view };
  }

  /** Chooses the welcome text, names folders that could not be opened, and counts what is not covered. */
  private tellState(): void {
    const { failures, state } = this.repositories;
    const [first] = failures;
    const reason = first?.thrown instanceof BelayError ? first.thrown.reason : 'failed';
    void vscode.commands.executeCommand('setContext', 'belay.state', state === 'failed' ? reason : state);
    tellWaiting(this.repositories, this.of('needsYou').view);
    const { view } = this.of('sessions');
    const silent = first === undefined || (state === 'failed' && welcomed.has(reason));
    view.message = silent ? '' : shown(`${inertLine(first.folder, 200)}: ${failureText(first.thrown)}`);
    const lacking = this.repositories.all
      .flatMap(({ latest }) => latest?.uncovered ?? [])
      .filter((uncovered) => isWorrying(uncovered.reason)).length;
    view.badge = lacking === 0 ? undefined : { value: lacking, tooltip: uncoveredCount(lacking) };
  }
}

/** The session that a row is of, for the rows on which a person looks at what was fenced off. */
function sessionOfRow(node: TreeNode): SessionNode | undefined {
  if (node instanceof FileNode) {
    return sessionOfRow(node.parent);
  }
  if (node instanceof CheckpointNode) {
    return node.parent instanceof SessionNode ? node.parent : undefined;
  }
  return node instanceof SessionNode ? node : undefined;
}
