import * as vscode from 'vscode';
import { messageOf } from '../../errors';
import type { Fenced } from '../state/fenced';
import type { RepositoryModel, Wanted } from '../state/repositoryModel';
import type { Repositories } from '../state/repositories';
import { findSession } from './findRows';
import { SessionNode } from './sessionNodes';
import type { Tree } from './tree';
import type { TreeNode } from './treeNode';

export type ViewName = 'needsYou' | 'sessions' | 'backups' | 'worktrees' | 'agents';

/** A view as its feature hands it over. */
export interface ViewContent {
  readonly name: ViewName;
  readonly tree: Tree;
  /** Draws again, while the view can be seen, what else changes than the repositories. */
  readonly follows?: readonly { readonly event: vscode.Event<unknown>; readonly draw: () => void }[];
  /** Says what is beside the rows: badge, message, whether there is anything at all. Called after each reload, seen or not. */
  readonly tell?: (view: vscode.TreeView<TreeNode>) => void;
}

interface Shown extends ViewContent {
  readonly view: vscode.TreeView<TreeNode>;
}

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
    contents: readonly ViewContent[],
    visibility: Visibility,
    fenced: Fenced,
    log: vscode.LogOutputChannel,
    /** How often times like "2 min ago" are drawn again, and who is alive is looked at, in milliseconds. */
    every: number,
  ) {
    this.shown = new Map(contents.map((content) => [content.name, this.show(content, visibility)]));
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
    for (const { tell, view } of this.shown.values()) {
      tell?.(view);
    }
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

  private show(content: ViewContent, visibility: Visibility): Shown {
    const { name, tree, follows = [] } = content;
    const view = vscode.window.createTreeView(`belay.${name}`, {
      treeDataProvider: tree,
      showCollapseAll: name !== 'needsYou',
      canSelectMany: name === 'sessions',
    });
    visibility.set(name, view.visible);
    this.subscriptions.push(
      tree,
      view,
      view.onDidChangeVisibility(({ visible }) => {
        visibility.set(name, visible);
        if (visible) {
          tree.redraw();
        }
      }),
      ...follows.map(({ event, draw }) =>
        event(() => {
          if (view.visible) {
            draw();
          }
        }),
      ),
    );
    return { ...content, view };
  }
}

/** The session that a row is of: whoever looks at what is below it has seen what was fenced off. */
function sessionOfRow(node: TreeNode | undefined): SessionNode | undefined {
  return node === undefined || node instanceof SessionNode ? node : sessionOfRow(node.parent);
}
